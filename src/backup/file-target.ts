/** Where a restore writes: the few verbs it needs of a file system, so that the walk knows no system call. */
import type { VaultError } from '../model/errors.ts';
import type { FileTable } from './file-table.ts';
import type { TargetFolder } from './target-folder.ts';

/** 'fail': the target must be absent or empty; 'never': what exists stays; 'always': what exists is replaced, each file atomically. */
export type Overwrite = 'fail' | 'never' | 'always';

/** Attributes that the target's system refused: the entries are there without them. */
export interface LostXattrs {
  readonly count: number;
  /** What happened to the first of them. */
  readonly example: string | undefined;
}

export interface FileTarget {
  /** The target itself, after everything is checked that can be before the first write. Throws 'target-exists', 'target-unwritable', 'no-space'. */
  prepare(overwrite: Overwrite): TargetFolder;
  /**
   * Opens a content chunk and writes the files that lie in it, each at once, whole and with all attributes; without a chunk,
   * empty files. Resolves to what went wrong with each, in order. The sealed bytes are given away: nobody may use them afterwards.
   */
  writeBundle(sealed: Uint8Array | undefined, files: FileTable): Promise<readonly (VaultError | undefined)[]>;
  /** Extended attributes that could not be set so far. */
  readonly lostXattrs: LostXattrs;
  /** Ends the threads it may have started, after the last call. */
  close(): Promise<void>;
}
