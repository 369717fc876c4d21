/** The words of the library's vault side: what a caller asks an opened vault, and what it answers. */
import type { Choice } from '../backup/choice.ts';
import type { Compression } from '../model/compression.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { SpreadWish } from '../replication/relays.ts';
import type { FromPlaces } from './from-places.ts';
import type { SnapshotFilter } from './snapshot-filter.ts';

export interface CommonOptions {
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends CommonOptions {
  /** Read the folders of an export first, and ask the mesh only for what they lack. */
  readonly from?: FromPlaces;
}

export interface SnapshotsOptions extends ReadOptions, SnapshotFilter {
  /** Only these: ids, prefixes of them, "latest", "latest~N". */
  readonly names?: readonly string[];
  /** Only so many of the newest of each host and paths. */
  readonly latest?: number;
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
  /** The forgotten snapshot that it took the place of. */
  readonly original?: string;
  readonly program: string;
  readonly files: number;
  readonly directories: number;
  /** With pipes and devices. */
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

/** Bytes that are backed up as one file, as they come. */
export interface BackupStream {
  /** Where it lies in the snapshot, "/"-separated. */
  readonly name: string;
  /** Called once. It may throw, and then there is no snapshot; ending it early (`return`) stops whoever writes. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** A file or link that is not what the earlier snapshot has. */
export interface BackupItem {
  readonly path: string;
  readonly change: 'new' | 'changed';
  /** Of the file, not of what is sent. */
  readonly bytes: number;
}

export interface BackupOptions extends CommonOptions, Choice {
  /** Text, or raw bytes. */
  readonly paths: readonly (string | Uint8Array)[];
  /** Patterns of paths besides: `*`, `?`, `[a-z]` in single names. */
  readonly pathPatterns?: readonly string[];
  /** Instead of paths. */
  readonly stream?: BackupStream;
  /** Snapshot to compare with: an id, the beginning of one, or "latest". Default: the newest of this host and these paths. */
  readonly parent?: string;
  /** Compares with none: reads every file. */
  readonly force?: boolean;
  /** Makes no snapshot when it would be the same as the one it was compared with. */
  readonly skipIfUnchanged?: boolean;
  /** When the snapshot says it was made; milliseconds since 1970, not in the future. Default: now. */
  readonly timeMs?: number;
  readonly tags?: readonly string[];
  /** Host name to write into the snapshot; this machine's unless said. */
  readonly host?: string;
  /** How copies get to their holders: `direct` sends each, `relay` sends one that holders pass on, `auto` (default) measures which is faster (T2). */
  readonly spread?: SpreadWish;
  /** Reads, counts and compresses, sends nothing. */
  readonly dryRun?: boolean;
  /** How hard to compress; default 'auto'. */
  readonly compression?: Compression;
  /** Told of each file and link that is new or has changed. */
  readonly onItem?: (item: BackupItem) => void;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface PathProblem {
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface BackupSummary {
  /** Absent in a dry run, and when none was made. */
  readonly snapshotId?: string;
  /** The earlier snapshot has the same files and folders. With `skipIfUnchanged` no new one was made; a dry run only tells. */
  readonly unchangedSince?: string;
  readonly dryRun: boolean;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly directories: number;
  readonly links: number;
  /** Pipes and devices that are in the snapshot. */
  readonly specials: number;
  /** Sockets: counted, not kept. */
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

export interface ListOptions extends ReadOptions, SnapshotFilter {
  readonly snapshot: string;
  readonly path?: string;
  readonly recursive?: boolean;
}

export interface ListedNode {
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'char-device' | 'block-device';
  /** From the snapshot's root, '/'-separated. */
  readonly path: string;
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of its owner and group on the machine it came from. */
  readonly user?: string;
  readonly group?: string;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** When it was made, where its file system knew. */
  readonly birthSeconds?: number;
  readonly birthNanoseconds?: number;
  /** Of a device: which it is. */
  readonly device?: { readonly major: number; readonly minor: number };
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
  /** Restored, or there already. */
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Of them, those that were there already. */
  readonly filesSkipped: number;
  readonly bytesSkipped: number;
  readonly deleted: number;
  /** Known once they are counted; absent before. */
  readonly totalFiles?: number;
  readonly totalBytes?: number;
  readonly errors: number;
  /** Chunks received from each holder in this run. */
  readonly copies: readonly HolderCopies[];
}

/**
 * What happens to files that are there. 'fail': the target must be absent or empty, or hold what an interrupted restore of the
 * same has left; 'never': they stay; 'if-newer': older ones are replaced; 'if-changed': those of another size or time; 'always': all.
 */
export type Overwrite = 'fail' | 'never' | 'if-newer' | 'if-changed' | 'always';

/** What a restore did, or in a dry run would do, with one entry. */
export interface RestoredEntry {
  /** 'restored': it was not there; 'updated': it replaced something; 'unchanged': it was there, or stays as it is. */
  readonly action: 'restored' | 'updated' | 'unchanged' | 'deleted';
  /** Relative to the target; bytes that are not UTF-8 as \xNN. */
  readonly path: string;
  /** Of files. */
  readonly bytes: number;
}

export interface RestoreOptions extends ReadOptions, SnapshotFilter {
  /** Id, prefix of one, "latest" or "latest~N" among those that the filter lets through. */
  readonly snapshot: string;
  /** Only this subtree; its contents land in `target`. */
  readonly path?: string;
  readonly target: string;
  readonly overwrite?: Overwrite;
  /** Only what matches one of these patterns (restic's), whatever its case in the second list. Not with excludes. */
  readonly include?: readonly string[];
  readonly iinclude?: readonly string[];
  /** All but what matches. */
  readonly exclude?: readonly string[];
  readonly iexclude?: readonly string[];
  /** Removes what lies in the restored folders and is not in the snapshot, as far as the patterns ask for it. */
  readonly delete?: boolean;
  /** Reads everything back that was written. */
  readonly verify?: boolean;
  /** Leaves blocks of zeros out, whatever the source had. */
  readonly sparse?: boolean;
  /** Writes and fetches no content. */
  readonly dryRun?: boolean;
  /** Owners by their numbers, also where this machine has users of their names. */
  readonly numericOwner?: boolean;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Told what happens to each entry. */
  readonly onEntry?: (entry: RestoredEntry) => void;
}

export interface RestoreSummary {
  readonly snapshot: SnapshotInfo;
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Pipes and devices. */
  readonly specials: number;
  readonly bytes: number;
  /** Entries left alone because they were there, and the bytes of their content. */
  readonly skipped: number;
  readonly skippedBytes: number;
  readonly deleted: number;
  /** Read back, when that was asked for; what was not as it was written is in `failed`. */
  readonly verified?: { readonly files: number; readonly bytes: number };
  /** It went on where an interrupted restore of the same had stopped. */
  readonly resumed: boolean;
  readonly dryRun: boolean;
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
