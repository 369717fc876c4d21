/** The words of copying snapshots from one vault into another. */
import type { SentReport } from './history-types.ts';
import type { SnapshotFilter } from './snapshot-filter.ts';
import type { OpenVaultOptions } from './vault-handle.ts';
import type { CommonOptions, HolderCopies, SnapshotInfo } from './vault-types.ts';

export interface CopyOptions extends CommonOptions, SnapshotFilter {
  /** The vault that is read, and the one that is written to. */
  readonly from: OpenVaultOptions;
  readonly to: OpenVaultOptions;
  /** Of the first vault: ids, "latest" ...; default: all that fit the filter. */
  readonly snapshots?: readonly string[];
  /** Only looks which would be copied. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  readonly elapsedMs: number;
  readonly snapshotsDone: number;
  readonly snapshotsTotal: number;
  readonly filesDone: number;
  /** Of the files of the snapshots, read or known; what is reused whole counts when its snapshot is done. */
  readonly bytesDone: number;
  readonly totalBytes: number;
  /** Sealed, one copy. */
  readonly bytesStored: number;
  readonly copies: readonly HolderCopies[];
}

export interface SnapshotCopied {
  /** In the vault that was read. */
  readonly from: SnapshotInfo;
  /** In the other one; none in a dry run. */
  readonly id?: string;
}

export interface CopyReport extends SentReport {
  readonly copied: readonly SnapshotCopied[];
  /** That the other vault had already. */
  readonly known: number;
  /** Before sealing. */
  readonly dataAdded: number;
  readonly durationMs: number;
  readonly holders: readonly HolderCopies[];
}
