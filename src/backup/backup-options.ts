/** What a backup run needs, what it says while it runs, and what it says at the end. */

import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { Compression } from '../model/compression.ts';
import type { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ChunkReader, ChunkStore } from '../store/chunk-store.ts';
import type { VaultDevice } from '../vault/device.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { LogExchange } from '../vault/log-exchange.ts';
import type { VaultState } from '../vault/vault-state.ts';
import type { UnreadableEntry } from './backup-tally.ts';
import type { BytePath } from './byte-path.ts';
import type { Choice } from './choice.ts';
import type { MakeCrew } from './crew.ts';
import type { FileSource } from './file-source.ts';
import type { MarksFile } from './marks-book.ts';

export interface BackupProgress {
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Counted beside the run; grow until the count is complete. Absent without `estimate`. */
  readonly totalFiles: number | undefined;
  readonly totalBytes: number | undefined;
  /** For people. */
  readonly currentPath: string;
  readonly chunksSent: number;
  /** Sealed bytes of the chunks sent, each counted once however many holders have it. */
  readonly bytesSent: number;
  readonly chunksPerHolder: ReadonlyMap<PeerName, number>;
}

/** A file or link that is not what the earlier snapshot has. */
export interface BackedUpItem {
  readonly path: BytePath;
  readonly change: 'new' | 'changed';
  /** Of the file, not of what is sent. */
  readonly bytes: number;
}

/** What a run and its rehearsal have in common. */
export interface SourceOptions extends Choice {
  readonly state: VaultState;
  readonly keys: VaultKeys;
  readonly source: FileSource;
  /** Who reads, recognises and seals. */
  readonly crew: MakeCrew;
  readonly clock: Clock;
  /** As the user named them (text), or raw bytes. */
  readonly paths: readonly (string | Uint8Array)[];
  /** Patterns of paths besides; see `expandGlob`. */
  readonly pathPatterns?: readonly string[];
  /** Compares with the newest snapshot of this host. */
  readonly host: string;
  /** When the snapshot says it was made; milliseconds since 1970, not in the future. Default: now. */
  readonly time?: number;
  /** Another snapshot to compare with; 'none' reads every file. */
  readonly parent?: SnapshotRecord | 'none';
  /** Where the last run's look of folders is kept, so that those that look the same need no more than a look. */
  readonly marks?: MarksFile;
  /** Counts the source beside the run, for `totalFiles` and `totalBytes`. */
  readonly estimate?: boolean;
  readonly onProgress?: (progress: BackupProgress) => void;
  readonly onItem?: (item: BackedUpItem) => void;
  /** How hard to compress; default 'auto'. */
  readonly compression?: Compression | undefined;
  /** About how many bytes of small files share a chunk; default 1 MiB. */
  readonly bundleBytes?: number | undefined;
  readonly signal?: AbortSignal;
}

export interface DryRunOptions extends SourceOptions {
  /** Where the snapshot to compare with is read from; without it every file is read. */
  readonly reader?: ChunkReader;
}

export interface BackupOptions extends SourceOptions {
  readonly device: VaultDevice;
  /** Where chunks go, and where the snapshot to compare with is read from. */
  readonly store: ChunkStore;
  readonly exchange: LogExchange;
  readonly user: string;
  readonly tags?: readonly string[];
  /** Program and version, for the snapshot. */
  readonly program: string;
  /** Makes no snapshot when it would have the very tree of the earlier one of the same paths. */
  readonly skipIfUnchanged?: boolean;
  /** Plain bytes being sealed or sent at a time; default 24 MiB. */
  readonly inFlightBytes?: number;
  /** After so many sealed bytes, or so much time, what was sent is committed without a snapshot, so that it does not expire. */
  readonly checkpointBytes?: number;
  readonly checkpointMs?: number;
}

export interface DryRunResult {
  readonly parentId: string | undefined;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly directories: number;
  readonly links: number;
  /** Pipes and devices that are in the snapshot. */
  readonly specials: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
  /** Plain bytes of the chunks that were new (in a dry run: would be). */
  readonly dataAdded: number;
  /** Sealed bytes of the chunks sent, each counted once. */
  readonly dataAddedPacked: number;
  readonly chunksSent: number;
  /** The tree is that of the earlier snapshot, which was of the same paths. */
  readonly unchanged: boolean;
  readonly unreadable: readonly UnreadableEntry[];
  readonly unreadableCount: number;
  readonly vanished: number;
  readonly specialSkipped: number;
  readonly excluded: number;
  readonly changedWhileRead: number;
  readonly durationMs: number;
  /** What was wrong without stopping the run: parts of the earlier snapshot that could not be read. */
  readonly problems: readonly VaultError[];
}

export interface BackupResult extends DryRunResult {
  /** 64 hex characters: the new one, or the earlier one when nothing has changed and none was to be made then. */
  readonly snapshotId: string;
  readonly skipped: boolean;
  /** Least number of holders over all chunks this run committed as sent; `undefined` when all were there before. */
  readonly copiesMin: number | undefined;
  /** Chunks sent by this run, by holder. */
  readonly chunksPerHolder: ReadonlyMap<PeerName, number>;
  /** Holders that have the log entry with the snapshot. */
  readonly logHolders: readonly PeerName[];
}
