/** The words of the library's vault side: what a caller asks an opened vault, and what it answers. */
import type { Compression } from '../model/compression.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { FromPlaces } from './from-places.ts';

export interface CommonOptions {
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends CommonOptions {
  /** Read the folders of an export first, and ask the mesh only for what they lack. */
  readonly from?: FromPlaces;
}

export interface SnapshotInfo {
  /** 64 hex characters; 8 are usually enough to name it. */
  readonly id: string;
  readonly timeMs: number;
  readonly host: string;
  readonly user: string;
  /** As they were given, made absolute; bytes that are not UTF-8 are replaced for display. */
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  readonly parent?: string;
  readonly program: string;
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  readonly bytes: number;
}

export interface BackupProgress {
  readonly elapsedMs: number;
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Known once the walk has finished counting; absent before. */
  readonly totalFiles?: number;
  readonly totalBytes?: number;
  /** Sealed bytes that holders have acknowledged, each chunk counted once. */
  readonly bytesStored: number;
  readonly currentPath?: string;
  /** Chunks acknowledged by each holder in this run. */
  readonly copies: readonly HolderCopies[];
}

export interface HolderCopies {
  readonly peer: PeerName;
  readonly name: string;
  readonly chunks: number;
}

export interface BackupOptions extends CommonOptions {
  readonly paths: readonly string[];
  /** gitignore-style patterns. */
  readonly excludes?: readonly string[];
  readonly tags?: readonly string[];
  /** Host name to write into the snapshot; this machine's unless said. */
  readonly host?: string;
  /** Reads and counts, sends nothing. */
  readonly dryRun?: boolean;
  /** How hard to compress; default 'auto'. */
  readonly compression?: Compression;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface PathProblem {
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface BackupSummary {
  /** Absent in a dry run. */
  readonly snapshotId?: string;
  readonly dryRun: boolean;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly directories: number;
  readonly links: number;
  /** Sockets, devices and pipes: counted, not kept. */
  readonly specialSkipped: number;
  /** New plain bytes of content and trees. */
  readonly dataAdded: number;
  /** The same, sealed: what one copy of it occupies on holders. */
  readonly dataAddedSealed: number;
  readonly chunksAdded: number;
  readonly filesProcessed: number;
  readonly bytesProcessed: number;
  readonly startedMs: number;
  readonly durationMs: number;
  readonly copiesTarget: number;
  /** Smallest number of copies that any chunk or log entry of this snapshot reached in this run. */
  readonly copiesMin: number;
  readonly holders: readonly HolderCopies[];
  /** Source files that could not be read; the first 1,000 of them. */
  readonly unreadable: readonly PathProblem[];
  readonly unreadableCount: number;
  /** Files that were gone, or changed, when they were read: the next run looks at them again. */
  readonly vanished: number;
  readonly changedWhileRead: number;
  readonly excluded: number;
}

export interface ListOptions extends ReadOptions {
  readonly snapshot: string;
  readonly path?: string;
  readonly recursive?: boolean;
}

export interface ListedNode {
  readonly type: 'file' | 'directory' | 'symlink';
  /** From the snapshot's root, '/'-separated. */
  readonly path: string;
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly target?: string;
}

export interface Listing {
  readonly snapshot: SnapshotInfo;
  readonly nodes: AsyncIterable<ListedNode>;
  /** Folders that could not be read; complete when `nodes` has ended. */
  readonly problems: readonly PathProblem[];
}

export interface RestoreProgress {
  readonly elapsedMs: number;
  readonly filesDone: number;
  readonly bytesDone: number;
  readonly totalFiles?: number;
  readonly totalBytes?: number;
  readonly errors: number;
  /** Chunks received from each holder in this run. */
  readonly copies: readonly HolderCopies[];
}

export type Overwrite = 'fail' | 'never' | 'always';

export interface RestoreOptions extends ReadOptions {
  /** Id, prefix of one, or "latest". */
  readonly snapshot: string;
  /** Only this subtree; its contents land in `target`. */
  readonly path?: string;
  readonly target: string;
  readonly overwrite?: Overwrite;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface RestoreSummary {
  readonly snapshot: SnapshotInfo;
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  readonly bytes: number;
  /** Left alone because they were there (`overwrite: 'never'`). */
  readonly skipped: number;
  readonly durationMs: number;
  /** The first 10,000 of them. */
  readonly failed: readonly PathProblem[];
  readonly failedCount: number;
  /** Rollback and forgery alarms of the logs; what was restored is from entries that verify. */
  readonly alarms: readonly PathProblem[];
  readonly holders: readonly HolderCopies[];
}

export interface RankedRow {
  readonly peer: PeerName;
  readonly name: string;
  readonly zone: string;
  readonly latencyMs?: number;
  readonly freeBytes: number;
  readonly capacityBytes: number;
  readonly latencyScore: number;
  readonly freeScore: number;
  readonly score: number;
  readonly rank: number;
  /** Already in the vault's holder table. */
  readonly holder: boolean;
}

export interface LeftOutRow {
  readonly peer: PeerName;
  readonly name: string;
  readonly zone: string;
  readonly reason: string;
  readonly holder: boolean;
}

export interface PeersReport {
  readonly ranked: readonly RankedRow[];
  readonly leftOut: readonly LeftOutRow[];
  readonly copiesTarget: number;
  /** All peers run on this machine, so the rule against it was waived (P2). */
  readonly trialMesh: boolean;
}
