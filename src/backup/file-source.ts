/** Where a backup reads from: a tree of files, behind a seam so that simulations can bring their own. */
import type { DeviceNumber, ExtendedAttribute, SpecialNode, Timestamp } from '../format/tree-page.ts';
import type { BytePath } from './byte-path.ts';

/** 'other': sockets, which belong to a running program, and what has no type that we know; skipped and counted. */
export type SourceType = 'file' | 'directory' | 'symlink' | SpecialNode['type'] | 'other';

export interface SourceStat {
  readonly type: SourceType;
  /** Bytes. */
  readonly size: number;
  /** Permission bits with setuid, setgid and sticky: 12 bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** Where the file system knows. */
  readonly birth: Timestamp | undefined;
  readonly inode: bigint;
  readonly device: bigint;
  /** Number of names of this file. */
  readonly links: number;
  /** Fewer blocks on disk than its size needs. */
  readonly sparse: boolean;
  /** Of a device: which it is. */
  readonly number?: DeviceNumber | undefined;
}

/** What a look at a name costs least: enough to know what it is, and whether it is what it was. */
export interface QuickStat {
  readonly type: SourceType;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, exact to less than a microsecond. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Exact up to 2^53. */
  readonly inode: number;
  readonly device: number;
  /** Number of names of this file. */
  readonly links: number;
}

export interface SourceFile {
  /** Of the open file, not of whatever has its name now. */
  stat(): SourceStat;
  /** Fills the start of `into` from `position` of the file; returns the bytes read, 0 at the end. */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

/** A file whose bytes come in over time; it is read in order. */
export interface SlowFile extends Omit<SourceFile, 'read'> {
  read(into: Uint8Array, position: number): number | Promise<number>;
}

/**
 * Calls are synchronous and short; who makes many of them lets the event loop breathe in between. They throw VaultError
 * 'not-found' for what is not (or no longer) there, 'source-unreadable' for everything else the system refuses.
 */
export interface FileSource {
  /** Absolute form of a path the user named: folders on the way resolved, the last name kept as it is (a link stays a link). */
  resolve(path: BytePath): BytePath;
  /** Names in a folder, sorted by their bytes. */
  list(path: BytePath): BytePath[];
  /** Does not follow links. */
  stat(path: BytePath): SourceStat;
  /** The same, less exact and for less. */
  look(path: BytePath): QuickStat;
  readLink(path: BytePath): Uint8Array;
  /** Extended attributes of the entry itself (a link is not followed), in order of their names; none where the system has none. */
  xattrs(path: BytePath): readonly ExtendedAttribute[];
  /** Never follows a link in the last name and never waits for the other end of a fifo. */
  open(path: BytePath): SourceFile;
  /** Where files come in over time: opens them, instead of `open`. */
  openSlow?(path: BytePath): SlowFile;
}
