/** The words of the library's peer side. */

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
  readonly onWarning?: (message: string) => void;
  readonly onDetail?: (message: string) => void;
}

export interface RunningPeer {
  readonly peerId: string;
  readonly settings: PeerSettings;
  /** As others can dial them. */
  addresses(): readonly string[];
  ticket(): Promise<string>;
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
}
