/** The words of the library's commands over the history of a vault: which snapshots are meant, what is looked for, what is told. */
import type { CommonOptions, ListedNode, PathProblem, SnapshotInfo } from './vault-types.ts';

/** Limits which snapshots are looked at; for one that is named by its id it says nothing. */
export interface SnapshotFilter {
  /** Any of them. */
  readonly hosts?: readonly string[];
  /** Any of the lists, all tags of it; '' is what snapshots without tags have. */
  readonly tags?: readonly (readonly string[])[];
  /** All of them, absolute. */
  readonly paths?: readonly string[];
}

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

export interface Finding {
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
