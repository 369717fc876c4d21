/** What a client is told of a file or folder, and how it gets at what is inside: the seam between the server and what it serves. */
import type { ByteRange } from './byte-range.ts';

export interface DavEntry {
  /** As shown in the folder that it is in; '' for the root. */
  readonly name: string;
  readonly folder: boolean;
  /** Bytes; 0 for folders. */
  readonly size: number;
  readonly modifiedMs: number;
  /** Without quotes: equal exactly for equal content. Absent for folders, whose content may change. */
  readonly etag?: string;
  readonly executable?: boolean;
}

export interface DavFile extends DavEntry {
  readonly folder: false;
  /** Throws 'unavailable', 'lost', 'corrupt'. */
  readonly read: (range: ByteRange, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

export interface DavFolder extends DavEntry {
  readonly folder: true;
  readonly size: 0;
  /** Throws as `read` does; what came before is right, but not all. */
  readonly children: (signal: AbortSignal) => AsyncIterable<DavEntry>;
  /** A tar of all that is below; absent where that is no part of one snapshot. */
  readonly tar?: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

export type DavNode = DavFile | DavFolder;

export interface DavTree {
  /** What is at `names`, as shown; `undefined` when nothing is. Throws 'unavailable', 'lost', 'corrupt'. */
  find(names: readonly string[], signal: AbortSignal): Promise<DavNode | undefined>;
}
