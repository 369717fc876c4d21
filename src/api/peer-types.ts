/** The words of the library's peer side. */
import type { KeeperWishes } from '../maintenance/keeper-settings.ts';
import type { UpkeepReport } from './upkeep-report.ts';
import type { TransferLimits } from './vault-handle.ts';

export type { KeeperWishes } from '../maintenance/keeper-settings.ts';
export type { UpkeepReport, VaultUpkeep } from './upkeep-report.ts';

export interface PeerSettings {
  readonly name: string;
  /** What fails together: a house, a rack (P2). */
  readonly zone: string;
  readonly capacityBytes: number;
  readonly listen: readonly string[];
}

export interface NewPeerOptions {
  readonly folder: string;
  readonly name?: string;
  readonly zone?: string;
  /** 50 GiB or 90% of the free disk, whichever is lower, unless said. */
  readonly capacityBytes?: number;
  /** Multiaddrs; a tcp port of 0 becomes a free port that is kept. */
  readonly listen?: readonly string[];
}

export interface JoinPeerOptions extends NewPeerOptions {
  readonly ticket: string;
}

export interface NewPeer {
  readonly peerId: string;
  readonly ticket: string;
  readonly settings: PeerSettings;
  readonly folder: string;
}

export interface StartPeerOptions {
  readonly folder: string;
  /** How patient and how busy its upkeep is. */
  readonly upkeep?: KeeperWishes;
  /** The most it keeps of one vault, and files of chunks of all vaults; none unless said. */
  readonly maxVaultBytes?: number;
  readonly maxChunks?: number;
  /** The same for any one vault. */
  readonly maxVaultChunks?: number;
  /** For the chunks it sends and receives, its own repair among them. */
  readonly limits?: TransferLimits;
  readonly onWarning?: (message: string) => void;
  readonly onDetail?: (message: string) => void;
}

export interface RunningPeer {
  readonly peerId: string;
  readonly settings: PeerSettings;
  /** As others can dial them. */
  addresses(): readonly string[];
  ticket(): Promise<string>;
  /** Who is missing, what is being repaired, whether it may be switched off. */
  upkeep(): UpkeepReport;
  /** On: takes no new data and hands what it keeps to others; remembered across restarts. */
  drain(on: boolean): Promise<void>;
  /** Other rates from now on; what is not said has no limit. */
  limit(limits: TransferLimits): void;
  /** Resolves when connections and files are closed. */
  stop(): Promise<void>;
}

export interface PeerStatusReport {
  readonly running: boolean;
  readonly pid?: number;
  readonly peerId: string;
  readonly settings: PeerSettings;
  readonly addresses: readonly string[];
  readonly peersKnown: number;
  /** Absent while the peer is stopped. */
  readonly peersConnected?: number;
  readonly vaultsHeld: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly capacityBytes: number;
  /** What it would still accept now. */
  readonly freeBytes: number;
  readonly uptimeShare: number;
  /** Absent while the peer is stopped, and of one that has only begun. */
  readonly upkeep?: UpkeepReport;
}

export interface DrainPeerOptions {
  readonly folder: string;
  /** False: takes part again. */
  readonly on: boolean;
  /** Wait until it may be switched off (only when `on`). Otherwise until the peer has taken note. */
  readonly wait: boolean;
  readonly onProgress?: (upkeep: UpkeepReport) => void;
  readonly signal?: AbortSignal;
}
