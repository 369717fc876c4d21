/** Where a restore writes: the few verbs it needs of a file system, so that the walk knows no system call. */
import type { NodeMetadata } from '../format/tree-page.ts';
import type { VaultError } from '../model/errors.ts';
import type { BytePath } from './byte-path.ts';
import type { FileTable } from './file-table.ts';
import type { Attributes, TargetFolder } from './target-folder.ts';

/**
 * What happens to files that are there. 'fail': the target must be absent or empty, or what an interrupted restore of the same
 * snapshot has left; 'never': they stay; 'if-newer': those that are older than the snapshot's are replaced; 'if-changed': those of
 * another size or time; 'always': all, each atomically.
 */
export type Overwrite = 'fail' | 'never' | 'if-newer' | 'if-changed' | 'always';

export interface PrepareOptions {
  readonly overwrite: Overwrite;
  /** What is restored, in one line: who interrupts it and asks for the same again goes on with it. Without it nobody does. */
  readonly mark?: string | undefined;
  /** What is written will be verified. */
  readonly verify?: boolean | undefined;
}

export interface Verified {
  readonly files: number;
  readonly bytes: number;
}

export interface PreparedTarget {
  readonly folder: TargetFolder;
  /** An interrupted restore of the same is gone on with. */
  readonly resumed: boolean;
}

/** Attributes that the target's system refused: the entries are there without them. */
export interface LostXattrs {
  readonly count: number;
  /** What happened to the first of them. */
  readonly example: string | undefined;
}

export interface FileTarget {
  /** The target itself, after everything is checked that can be before the first write. Throws 'target-exists', 'target-unwritable', 'no-space'. */
  prepare(options: PrepareOptions): PreparedTarget;
  /** As the target's system sees owners. */
  attributesOf(node: NodeMetadata): Attributes;
  /**
   * Opens a content chunk and writes the files that lie in it, each at once, whole and with all attributes; without a chunk,
   * empty files. Resolves to what went wrong with each, in order. The sealed bytes are given away: nobody may use them afterwards.
   */
  writeBundle(sealed: Uint8Array | undefined, files: FileTable): Promise<readonly (VaultError | undefined)[]>;
  /**
   * Reads back everything that was written since `prepare` with `verify`, from the disk where the system lets us say so, and
   * tells what is not as it was written. Rejects with the signal's reason.
   */
  verify(tell: (path: BytePath, fault: VaultError) => void, signal: AbortSignal): Promise<Verified>;
  /** Extended attributes that could not be set so far. */
  readonly lostXattrs: LostXattrs;
  /** Ends what it has started, after the last call. `complete`: nothing is left to go on with. */
  close(complete: boolean): Promise<void>;
}
