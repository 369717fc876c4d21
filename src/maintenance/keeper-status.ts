/** What a peer says of its own upkeep: who is missing, what is being repaired, whether it may be switched off. */
import type { PeerName, VaultId } from '../model/ids.ts';
import type { Health } from '../policy/health.ts';

export interface WatchedPeer {
  readonly peer: PeerName;
  /** What it calls itself; '' when it has never told. */
  readonly name: string;
  readonly zone: string;
  readonly health: Health;
  /** It failed audits, here or (two others say so) elsewhere (R4). */
  readonly unsound: boolean;
  /** It fell silent together with too many others: our own network is suspected (R2). */
  readonly braked: boolean;
  /** How long nothing was heard of it while this peer was up; 0 for one that answers. */
  readonly silentMs: number;
}

export interface KeptVault {
  readonly vault: VaultId;
  /** False: this peer only keeps what it has until others have it. */
  readonly member: boolean;
  readonly members: number;
  /** Placement groups that are this peer's task now, as one of the first in order, and in place of one that is away. */
  readonly keeping: number;
  readonly extra: number;
  /** Chunks that the logs say must live, on whichever peers. */
  readonly live: number;
  readonly liveBytes: number;
  /** Of the groups that are this peer's task: what it does not have yet. */
  readonly missing: number;
  readonly missingBytes: number;
  /** Since when something has been missing here, on this machine's clock. */
  readonly repairingSinceMs?: number;
  /** Of them, chunks that nobody who answered had at the last attempt. */
  readonly unavailable: number;
  /** Peers that the worst group lacks: no substitute is known. */
  readonly short: number;
  /** Live chunks kept here though they are not this peer's task any more. */
  readonly surplus: number;
  /** Placement groups that this peer has asked others to take over. */
  readonly declined: number;
  /** Logs that two peers show differently, entries with bad signatures, and logs that became shorter (L3). */
  readonly forks: number;
  readonly trash: number;
  readonly trashBytes: number;
  readonly uncommitted: number;
  readonly uncommittedBytes: number;
}

export interface AuditFigures {
  /** Chunks of other peers that were checked, by outcome. */
  readonly proved: number;
  readonly admitted: number;
  readonly absent: number;
  readonly wrong: number;
  readonly late: number;
}

export interface ScrubFigures {
  /** When the last complete pass ended, on this machine's clock. */
  readonly lastPassMs?: number;
  /** Part of the present pass that is done, 0 to 1. */
  readonly progress: number;
  readonly checked: number;
  readonly damaged: number;
}

export interface KeeperStatus {
  readonly draining: boolean;
  /** While draining: every chunk kept here has all its copies on other peers, as they have proved. */
  readonly safeToLeave: boolean;
  /** While draining: live chunks kept here that were not yet proved to have all copies elsewhere. */
  readonly unsafeChunks: number;
  /** When this run began, on this machine's clock. */
  readonly sinceMs: number;
  readonly peers: readonly WatchedPeer[];
  readonly vaults: readonly KeptVault[];
  /** Since the start of this run. */
  readonly repairedChunks: number;
  readonly repairedBytes: number;
  readonly trimmedChunks: number;
  readonly recruited: number;
  readonly audits: AuditFigures;
  readonly scrub: ScrubFigures;
}
