/** Who opens chunks and writes what lies in them to this machine's disk: threads, or the calling one (T4). */
import type { ExtendedAttribute } from '../format/tree-page.ts';
import type { BytePath } from './byte-path.ts';
import type { LostXattrs } from './file-target.ts';
import type { Fault } from './target-error.ts';

/** A folder of the target as a thread needs it. */
export interface FolderOrder {
  /** What names in it are prefixed with for system calls; ends with a slash. */
  readonly prefix: BytePath;
  /** Its descriptor, which every thread of this process can use; -1 where folders are used by path. */
  readonly fd: number;
  /** What is made in it has the owner and the mode that was asked for, as far as the umask lets. */
  readonly exact: boolean;
}

/** A FileTable as a thread needs it. */
export interface FileOrders {
  readonly folders: readonly FolderOrder[];
  /** See FIELD. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Joined by '/'. */
  readonly names: BytePath;
  /** Of the files, by their index, that have any. */
  readonly xattrs: readonly (readonly [number, readonly ExtendedAttribute[]])[];
}

export interface BundleJob {
  /** Empty files have no chunk. */
  readonly sealed: Uint8Array | undefined;
  readonly files: FileOrders;
  /** Asks for the sums of what was written. */
  readonly sums: boolean;
}

export interface BundleResult {
  /** SHA-256 of each file's content, 32 bytes each; none unless asked for. */
  readonly sums: Uint8Array<ArrayBuffer>;
  /** By index; the other files are there. */
  readonly faults: readonly (readonly [number, Fault])[];
  readonly lostXattrs: LostXattrs;
}

/** A part of a file that is open for writing. */
export interface PieceJob {
  readonly sealed: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly fd: number;
  readonly position: number;
  readonly sparse: boolean;
  readonly sums: boolean;
}

export interface PieceResult {
  readonly fault: Fault | undefined;
  /** SHA-256 of what was written, if asked for. */
  readonly sum: Uint8Array | undefined;
}

/** Parts of files to be read back. */
export interface CompareJob {
  readonly prefix: BytePath;
  /** With a NUL behind each. */
  readonly paths: BytePath;
  /** For each part its position, its length, and 1 where it is the whole file. */
  readonly extents: Float64Array<ArrayBuffer>;
  /** 32 bytes each. */
  readonly sums: Uint8Array<ArrayBuffer>;
}

/** Sealed bytes are given away with a job. Rejects only for bugs, and with 'closed' after `close`. */
export interface Unpackers {
  bundle(job: BundleJob): Promise<BundleResult>;
  piece(job: PieceJob): Promise<PieceResult>;
  /** Reads parts of files from the disk, not from memory where that can be told; what is not as it was written, by index. */
  compare(job: CompareJob): Promise<readonly (readonly [number, Fault])[]>;
  close(): Promise<void>;
}
