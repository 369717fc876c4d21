/** The words of `vault status`: how many copies there are now, and how many losses each snapshot survives. */
import type { DeviceRole } from '../model/device-role.ts';
import type { AwayPeer, RepairingPeer, UnsoundPeer, WhatIf } from './upkeep-types.ts';
import type { CommonOptions, SnapshotInfo } from './vault-types.ts';

export interface StatusOptions extends CommonOptions {
  /** Names, ids or ends of ids of peers: what if they were gone? */
  readonly whatIf?: readonly string[];
}

/** How many chunks have exactly `copies` copies on holders that answer now. */
export interface CopiesCount {
  readonly copies: number;
  readonly chunks: number;
}

export interface SnapshotStatus {
  readonly snapshot: SnapshotInfo;
  /** Copies of its worst chunk (or of its log entry) now; 0: it cannot be restored now. */
  readonly copiesMin: number;
  readonly zonesMin: number;
  /** Any so many peers (zones) can be lost and every chunk still has a copy. */
  readonly peersCanBeLost: number;
  readonly zonesCanBeLost: number;
  /** False when a directory of it could not be read, so that what lies below was not counted. */
  readonly complete: boolean;
}

export interface VaultStatusReport {
  readonly vaultId: string;
  /** Of this device: a keeper sees chunks only, an append-only device the snapshots it wrote. */
  readonly role: DeviceRole;
  readonly copiesTarget: number;
  readonly holdersKnown: number;
  readonly holdersAnswering: number;
  readonly chunks: number;
  readonly histogram: readonly CopiesCount[];
  readonly snapshots: readonly SnapshotStatus[];
  /** Holders of the table that did not answer. */
  readonly silent: readonly string[];
  /** Members of the table that do not answer, or that holders have not heard for a while. */
  readonly away: readonly AwayPeer[];
  /** Members that failed audits of other members, whether or not their copies count. */
  readonly unsound: readonly UnsoundPeer[];
  /** Names of holders that wait with repair, as too many fell silent together for them (R2). */
  readonly braked: readonly string[];
  /** Holders that lack copies now: they fetch them, or wait for somebody who has them. */
  readonly repairing: readonly RepairingPeer[];
  /** Chunks without a copy on holders that answer and count. */
  readonly chunksUnavailable: number;
  /** Of them, those that no holder has any more, as all answer and say so. */
  readonly chunksLost: number;
  /** The answer to `whatIf`. */
  readonly whatIf?: WhatIf;
}
