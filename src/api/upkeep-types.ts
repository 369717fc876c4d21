/** The words of a vault's upkeep: forget, prune, undelete, check, repair, devices (L1, L4, R1). */
import type { DeviceRole } from '../model/device-role.ts';
import type { PeerName } from '../model/ids.ts';
import type { CommonOptions, PathProblem, SnapshotInfo } from './vault-types.ts';

/** What snapshots are grouped by before a policy looks at each group. */
export type GroupKey = 'host' | 'paths' | 'tags';

/** restic's policy. Counts: a whole number, or Infinity for all. Durations as text: "2y5m7d3h", hours at the end. */
export interface ForgetPolicyInput {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly within?: string;
  readonly withinHourly?: string;
  readonly withinDaily?: string;
  readonly withinWeekly?: string;
  readonly withinMonthly?: string;
  readonly withinYearly?: string;
  /** A snapshot that has all tags of any of these lists is kept. */
  readonly tags?: readonly (readonly string[])[];
}

export interface ForgetOptions extends CommonOptions {
  /** Either a policy or snapshots. An empty policy is refused ('usage'). */
  readonly policy?: ForgetPolicyInput;
  /** Ids or beginnings of them, or "latest". */
  readonly snapshots?: readonly string[];
  /** Default: host and paths. */
  readonly groupBy?: readonly GroupKey[];
  /** The policy looks only at snapshots of these hosts; any of them. */
  readonly hosts?: readonly string[];
  /** Only at snapshots that have all tags of any of these lists. */
  readonly tags?: readonly (readonly string[])[];
  /** Only at snapshots that contain all of these paths. */
  readonly paths?: readonly string[];
  readonly dryRun?: boolean;
  /** Prunes afterwards, when anything was forgotten. */
  readonly prune?: boolean;
}

export interface KeptSnapshot {
  readonly snapshot: SnapshotInfo;
  /** "last snapshot", "daily snapshot", "within 2y" ... */
  readonly reasons: readonly string[];
}

export interface ForgetGroup {
  readonly key: {
    readonly host?: string;
    readonly paths?: readonly string[];
    readonly tags?: readonly string[];
  };
  readonly keep: readonly KeptSnapshot[];
  readonly remove: readonly SnapshotInfo[];
}

export interface ForgetReport {
  /** One group without a key when snapshots were named. */
  readonly groups: readonly ForgetGroup[];
  readonly removed: number;
  readonly dryRun: boolean;
  readonly prune?: PruneReport;
}

/** Snapshots whose directories have been read. */
export interface PruneProgress {
  readonly elapsedMs: number;
  readonly done: number;
  readonly total: number;
}

export interface PruneOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: PruneProgress) => void;
}

export interface PruneReport {
  readonly dryRun: boolean;
  /** What this device's log keeps now; bytes are of one copy, sealed. */
  readonly chunksKept: number;
  readonly bytesKept: number;
  /** What it gave up, or would give up. */
  readonly chunksDropped: number;
  readonly bytesDropped: number;
  /** Of what is given up: what stays because these devices use it. */
  readonly otherDevices: readonly {
    readonly name: string;
    readonly chunks: number;
    readonly bytes: number;
  }[];
  /** Days that holders keep what is dropped in their trash, unless their owners chose another time. */
  readonly trashUntil?: number;
  /** Holders that have taken what was dropped; 0 when nothing was. */
  readonly holders: number;
}

export interface UndeleteOptions extends CommonOptions {
  /** Ids of forgotten snapshots, or beginnings of them. */
  readonly snapshots?: readonly string[];
  readonly all?: boolean;
  /** Only looks which forgotten snapshots could come back. */
  readonly list?: boolean;
  readonly dryRun?: boolean;
}

export interface UndeletedSnapshot {
  readonly was: SnapshotInfo;
  /** Of the snapshot that is back; absent when it is only listed, or cannot come back. */
  readonly id?: string;
  /** Chunks that no holder that answers has any more, not even in its trash. More than 0: it cannot come back. */
  readonly chunksMissing: number;
  /** False when a directory could not be read, so that more may be missing than was counted. */
  readonly complete: boolean;
}

export interface UndeleteReport {
  readonly dryRun: boolean;
  /** Forgotten snapshots that were looked at, oldest first. */
  readonly snapshots: readonly UndeletedSnapshot[];
  /** Holders that did not answer: what is missing may be with them. */
  readonly holdersSilent: number;
  readonly restored: number;
}

/** A part of the data: so many percent by chance, the part-th of so many equal parts, or about so many bytes by chance. */
export type CheckSubset =
  | { readonly percent: number }
  | { readonly part: number; readonly of: number }
  | { readonly bytes: number };

export interface CheckProgress {
  readonly elapsedMs: number;
  readonly stage: 'snapshots' | 'data';
  /** Snapshots walked, then chunks read. */
  readonly done: number;
  readonly total: number;
  readonly bytesDone: number;
  readonly totalBytes?: number;
  readonly errors: number;
}

export interface CheckOptions extends CommonOptions {
  /** Reads and opens chunks, and has every other holder prove that it has the same bytes. */
  readonly readData?: boolean;
  /** Of what `readData` would read; implies it. */
  readonly subset?: CheckSubset;
  /** Ids, beginnings of them, or "latest"; all unless said. */
  readonly snapshots?: readonly string[];
  readonly onProgress?: (progress: CheckProgress) => void;
}

export interface CheckReport {
  /** The first 10,000; `path` is a path in a snapshot ("1a2b3c4d:/etc"), or the name of a chunk or peer. */
  readonly errors: readonly PathProblem[];
  readonly errorCount: number;
  /** By a keeper, which cannot look into snapshots: all chunks that the logs keep alive. */
  readonly chunksOnly: boolean;
  readonly snapshots: number;
  /** Chunks with directories, and all chunks the snapshots need. */
  readonly trees: number;
  readonly chunks: number;
  /** Chunks with fewer copies than the vault asks for; not an error by itself. */
  readonly chunksShort: number;
  readonly chunksRead: number;
  readonly bytesRead: number;
  /** Copies whose possession was proved against the bytes read. */
  readonly copiesVerified: number;
  readonly durationMs: number;
  readonly ok: boolean;
}

export interface RepairProgress {
  readonly elapsedMs: number;
  readonly chunksDone: number;
  readonly chunksTotal: number;
  readonly bytesMoved: number;
}

export interface RepairOptions extends CommonOptions {
  /** Peers (names, ids, or ends of ids) that will not come back: they leave the holder table at once (R1). */
  readonly lost?: readonly string[];
  readonly onProgress?: (progress: RepairProgress) => void;
}

export interface RepairReport {
  /** Chunks that had too few copies when it began. */
  readonly chunksShort: number;
  readonly copiesMade: number;
  readonly bytesMoved: number;
  /** Chunks of which no holder that answers has a copy. */
  readonly lost: number;
  /** Holders that did not answer, and are not given up: what is lost may be with them. */
  readonly holdersSilent: number;
  /** Chunks that still have too few copies. */
  readonly stillShort: number;
  /** Names of peers that left the holder table. */
  readonly peersRemoved: readonly string[];
}

export interface DeviceInfo {
  /** Text form of the device's public key. */
  readonly id: string;
  readonly name: string;
  /** This machine. */
  readonly self: boolean;
  /** When its vault admitted it, by the clock of that machine. */
  readonly createdMs: number;
  /** Entries of its log. */
  readonly entries: number;
  readonly role: DeviceRole;
  /** Live snapshots it announced; absent when this device cannot read them. */
  readonly snapshots?: number;
  readonly lastSnapshotMs?: number;
  /** What its log keeps; bytes are of one copy, sealed. */
  readonly chunks: number;
  readonly bytes: number;
  readonly retired: boolean;
  /** Invited from this machine, and not seen yet. */
  readonly invited: boolean;
}

export interface RetireOptions extends CommonOptions {
  /** Name, id, or beginning of an id. */
  readonly device: string;
}

export interface RetireReport {
  /** Its name. */
  readonly device: string;
  readonly snapshotsTakenOver: number;
  /** Chunks this device's log added to keep them. */
  readonly chunksAdded: number;
}

/** What a member of the holder table is missing while it is away. */
export interface AwayPeer {
  readonly peer: PeerName;
  readonly name: string;
  /** How long the holders have not heard it, as far as they say. */
  readonly silentMs?: number;
  /**
   * 'silent': it does not answer this machine, and no holder says more. 'lost': its copies are being made anew (R1). 'unsound': it
   * answers, but failed audits, so its copies are not counted (R4).
   */
  readonly health: 'silent' | 'away' | 'lost' | 'unsound';
}

/** A holder that failed audits of others (R4). */
export interface UnsoundPeer {
  readonly peer: PeerName;
  readonly name: string;
  /** Names of the holders that say so. */
  readonly by: readonly string[];
  /** False: too many say so for its copies to count. */
  readonly counted: boolean;
}

/** A holder that is fetching copies it should have. */
export interface RepairingPeer {
  readonly peer: PeerName;
  readonly name: string;
  /** Chunks it has not got yet. */
  readonly missing: number;
  /** Of them, those that nobody who answers it has, so that it waits for them. */
  readonly unavailable: number;
  /** Since when some have been missing without a break, in milliseconds since 1970. */
  readonly sinceMs: number;
}

export interface WhatIfSnapshot {
  readonly id: string;
  /** Chunks of it that nobody else who answers has. */
  readonly lostChunks: number;
  readonly restorable: boolean;
}

/** What `status` says of a world without some peers. */
export interface WhatIf {
  /** Names of the peers left out. */
  readonly without: readonly string[];
  readonly snapshots: readonly WhatIfSnapshot[];
}
