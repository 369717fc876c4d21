/** The disk as an input (S2): the few verbs that durable stores need, so that a simulation can tear and lose writes. */

export interface FileStat {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/**
 * Paths are absolute strings. Absence is `undefined`, or silence for `remove`. Every other refusal of the operating
 * system throws VaultError 'io', or 'no-space' for ENOSPC and EDQUOT.
 */
export interface Disk {
  /** Whole file, or `undefined` when there is none. Throws 'corrupt' beyond `maxBytes`. */
  read(path: string, maxBytes?: number): Promise<Uint8Array | undefined>;
  /**
   * Atomic and durable (L5): after it resolves, `path` holds exactly `parts` laid end to end, also after a power cut; before, it
   * holds what it held. (Temporary file in the same folder, fsync, rename, fsync of the folder.) Makes missing folders, durably.
   */
  write(path: string, parts: readonly Uint8Array[], options?: { readonly mode?: number }): Promise<void>;
  /** Durable move within one disk; replaces the destination; makes its missing folders. Keeps the modification time. */
  move(from: string, to: string): Promise<void>;
  /** Sets a file's modification time to the disk's now; false when there is no such file. Durable when asked for. */
  touch(path: string, options?: { readonly durable?: boolean }): Promise<boolean>;
  /** Durable removal of one file; no error when absent. */
  remove(path: string): Promise<void>;
  stat(path: string): Promise<FileStat | undefined>;
  /** Names in a folder (files and folders, not "." ".."), sorted; empty when the folder is absent. */
  list(path: string): Promise<readonly string[]>;
  /** Removes temporary files of writes that were cut off, below `path`. Call once at start, before any write. */
  sweep(path: string): Promise<number>;
  space(path: string): Promise<DiskSpace>;
}
