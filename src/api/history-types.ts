/** The words of the library's commands over the history of a vault: which snapshots are meant, what is looked for, what is told. */
import type { SnapshotFilter } from './snapshot-filter.ts';
import type { CommonOptions, ListedNode, PathProblem, SnapshotInfo } from './vault-types.ts';

export interface FindOptions extends CommonOptions, SnapshotFilter {
  /** Names, paths, or shell patterns of them; what fits any is found. */
  readonly patterns: readonly string[];
  readonly ignoreCase?: boolean;
  /** Changed at or after, at or before: milliseconds since 1970. */
  readonly oldestMs?: number;
  readonly newestMs?: number;
  /** Ids, "latest" ...; default: all that fit the filter. */
  readonly snapshots?: readonly string[];
}

/** One version of a file, folder or link, and who has it. */
export interface FoundVersion {
  readonly node: ListedNode;
  /** Oldest first. */
  readonly snapshots: readonly SnapshotInfo[];
}

export interface Search {
  /** That were looked at, oldest first. */
  readonly snapshots: readonly SnapshotInfo[];
  /** In the order of their paths, versions of one path one after the other. */
  readonly versions: AsyncIterable<FoundVersion>;
  /** Folders that could not be read; complete when `versions` has ended. */
  readonly problems: readonly PathProblem[];
}

export interface DiffOptions extends CommonOptions, SnapshotFilter {
  readonly from: string;
  readonly to: string;
  /** Only what lies there. */
  readonly path?: string;
  /** Also what differs in mode, owner, time or extended attributes alone. */
  readonly metadata?: boolean;
}

/** Added, removed, modified, another type, metadata only. */
export type DiffMark = '+' | '-' | 'M' | 'T' | 'U';

export interface DiffChange {
  readonly path: string;
  readonly mark: DiffMark;
  /** Which it is or became; for what was removed, what it was. */
  readonly type: ListedNode['type'];
}

export interface DiffCounts {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Pipes and devices. */
  readonly specials: number;
  /** Sum of the sizes of the files. */
  readonly bytes: number;
}

export interface DiffSummary {
  readonly added: DiffCounts;
  readonly removed: DiffCounts;
  readonly changedFiles: number;
  /** Sizes of those files in the one and the other snapshot. */
  readonly changedBytesFrom: number;
  readonly changedBytesTo: number;
}

export interface Diff {
  readonly from: SnapshotInfo;
  readonly to: SnapshotInfo;
  readonly changes: AsyncIterable<DiffChange>;
  /** Complete when `changes` has ended. */
  readonly summary: () => DiffSummary;
  readonly problems: readonly PathProblem[];
}

export type ArchiveFormat = 'tar' | 'zip';

export interface DumpOptions extends CommonOptions, SnapshotFilter {
  readonly snapshot: string;
  /** Of a file or a folder; "/" is the whole snapshot. */
  readonly path: string;
  /** For a folder; default 'tar'. */
  readonly archive?: ArchiveFormat;
}

export interface Dump {
  readonly snapshot: SnapshotInfo;
  /** What the bytes are: a file's own, or those of an archive. */
  readonly kind: 'file' | ArchiveFormat;
  /** Must be read to the end, or left by `return`. Throw 'unavailable', 'lost' or 'corrupt' for a file of which something cannot be had. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What is not in the archive, or not as it was; complete when `bytes` has ended. */
  readonly problems: readonly PathProblem[];
}

export interface TagOptions extends CommonOptions, SnapshotFilter {
  /** Ids, "latest" ...; default: all that fit the filter. */
  readonly snapshots?: readonly string[];
  /** In place of all tags they have; then neither `add` nor `remove`. */
  readonly set?: readonly string[];
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

export interface TaggedSnapshot {
  readonly was: SnapshotInfo;
  readonly id: string;
  readonly tags: readonly string[];
}

export interface TagReport {
  readonly changed: readonly TaggedSnapshot[];
  /** That had these tags already. */
  readonly unchanged: number;
}

export interface RewriteOptions extends CommonOptions, SnapshotFilter {
  /** Ids, "latest" ...; default: all that fit the filter. */
  readonly snapshots?: readonly string[];
  /** Patterns (restic's) of what goes, whatever its case in the second list; asked as in a backup of the snapshot's paths. */
  readonly excludes?: readonly string[];
  readonly excludesAnyCase?: readonly string[];
  /** What the new ones say instead. */
  readonly newHost?: string;
  /** Milliseconds since 1970, not in the future. */
  readonly newTimeMs?: number;
  /** Forgets each old one as soon as the new one has as many copies; else the new ones have the tag "rewrite". */
  readonly forget?: boolean;
  readonly dryRun?: boolean;
  /** Told of each entry that goes; not again of those of a folder that another snapshot shares. */
  readonly onRemoved?: (entry: RemovedEntry) => void;
  readonly onProgress?: (progress: RewriteProgress) => void;
}

export interface RewriteProgress {
  readonly elapsedMs: number;
  /** Snapshots. */
  readonly done: number;
  readonly total: number;
}

export interface RemovedEntry {
  readonly path: string;
  readonly type: ListedNode['type'];
  /** Of a file. */
  readonly bytes: number;
}

export interface RewrittenSnapshot {
  readonly was: SnapshotInfo;
  /** Without `id` in a dry run. */
  readonly now: Omit<SnapshotInfo, 'id'>;
  readonly id?: string;
  readonly removed: DiffCounts;
  /** Small files that stay and were read and sent again, as they shared a chunk with what goes; only with `forget`. */
  readonly moved: Pick<DiffCounts, 'files' | 'bytes'>;
  /** The old one is forgotten, or would be. */
  readonly forgotten: boolean;
}

/** What `vault rewrite` and `vault copy` tell alike of what they sent. */
export interface SentReport {
  readonly dryRun: boolean;
  /** Snapshots that cannot be read, and so were left as they are; `path` is the id. */
  readonly problems: readonly PathProblem[];
  /** What was sent, one copy of each, sealed. */
  readonly chunksAdded: number;
  readonly dataAddedSealed: number;
  readonly copiesTarget: number;
  /** Smallest number of copies that what was sent, or a log entry, reached in this run; the target when nothing had to be. */
  readonly copiesMin: number;
}

export interface RewriteReport extends SentReport {
  readonly forget: boolean;
  readonly changed: readonly RewrittenSnapshot[];
  /** In which nothing had to change. */
  readonly unchanged: number;
}

export type StatsGrouping = 'host' | 'tag';

export interface StatsOptions extends CommonOptions, SnapshotFilter {
  /** Ids, "latest" ...; default: all that fit the filter. */
  readonly snapshots?: readonly string[];
  /** Only counts what the snapshots say of themselves: nothing is read, and all sums of what is shared are 0. */
  readonly restoreSizeOnly?: boolean;
  /** Also sums for each host, or each tag ('' for those without). */
  readonly groupBy?: StatsGrouping;
}

export interface StatsSums {
  readonly snapshots: number;
  /** What restoring each of the snapshots would write, all added up; each name of a hard-linked file counts. */
  readonly files: number;
  readonly restoreBytes: number;
  /** Files of different content. */
  readonly differentFiles: number;
  readonly differentFileBytes: number;
  /** Different content and directories, before compression. */
  readonly plainBytes: number;
  /** What one copy of all of it takes on holders. */
  readonly chunks: number;
  readonly sealedBytes: number;
}

export interface StatsReport {
  readonly total: StatsSums;
  /** Oldest first: what each adds to those before it. */
  readonly bySnapshot: readonly { readonly snapshot: SnapshotInfo; readonly added: StatsSums }[];
  readonly byGroup: readonly { readonly name: string; readonly sums: StatsSums }[];
  /** Folders that could not be read: what lies below them is not counted. */
  readonly problems: readonly PathProblem[];
}
