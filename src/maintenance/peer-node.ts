/** A whole peer on seams: serves what it holds, tells the mesh, and keeps its vaults alive; the machine is given to it (S2). */
import { encodeAdvert } from '../format/advert.ts';
import { VaultError } from '../model/errors.ts';
import type { Network } from '../network/network.ts';
import { type HolderLimits, type HolderService, serveHoldings } from '../protocol/holder-service.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { Holdings } from '../store/holdings.ts';
import { Announcer } from './announcer.ts';
import type { KeeperSettings } from './keeper-settings.ts';
import type { KeeperStatus } from './keeper-status.ts';

export interface PeerIdentityFacts {
  readonly name: string;
  readonly zone: string;
  /** Tag of the machine it runs on (mesh-keys.ts). */
  readonly machine: string;
  readonly version: string;
}

export interface PeerNodeOptions {
  /** Serving already; stays the caller's, who stops it after the node. */
  readonly network: Network;
  /** Stays the caller's, who closes it after the node. */
  readonly holdings: Holdings;
  readonly disk: Disk;
  /** Absolute; where the node's own small file lies. */
  readonly folder: string;
  readonly meshSecret: Uint8Array;
  readonly identity: PeerIdentityFacts;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: KeeperSettings;
  readonly limits?: Partial<HolderLimits>;
  /** Part of the time it was up, 0 to 1, for adverts. Default: 1. */
  readonly uptimeShare?: () => number;
  /** For people: something needs their attention. */
  readonly onWarning?: (message: string) => void;
  readonly onDetail?: (message: string) => void;
}

export class PeerNode {
  readonly #options: PeerNodeOptions;
  readonly #ending = new AbortController();
  readonly #announcer: Announcer;
  readonly #startedMs: number;
  #service: HolderService | undefined;

  private constructor(options: PeerNodeOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    this.#announcer = new Announcer({
      network: options.network,
      meshSecret: options.meshSecret,
      clock: options.clock,
      signal: this.#ending.signal,
      onDetail: (message) => options.onDetail?.(message),
    });
  }

  /** Resolves when it serves; its loops have begun. */
  static async start(options: PeerNodeOptions): Promise<PeerNode> {
    const node = new PeerNode(options);
    await node.#start();
    return node;
  }

  get holdings(): Holdings {
    return this.#options.holdings;
  }

  /** The encoded, signed advert of the moment (M4). */
  advert(): Uint8Array {
    const { network, holdings, identity, clock, uptimeShare } = this.#options;
    const usage = holdings.usage();
    return encodeAdvert(
      {
        peer: network.self,
        ...identity,
        capacityBytes: usage.capacityBytes,
        freeBytes: Math.max(0, Math.floor(usage.freeBytes)),
        uptimeShare: uptimeShare?.() ?? 1,
        issuedAt: Math.floor(clock.now()),
        accepting: true,
      },
      (message) => network.sign(message),
    );
  }

  status(): KeeperStatus {
    return {
      draining: false,
      safeToLeave: false,
      unsafeChunks: 0,
      sinceMs: this.#startedMs,
      peers: [],
      vaults: [],
      repairedChunks: 0,
      repairedBytes: 0,
      trimmedChunks: 0,
      recruited: 0,
      audits: { proved: 0, absent: 0, wrong: 0, late: 0 },
      scrub: { progress: 0, checked: 0, damaged: 0 },
    };
  }

  /** On: takes no new data, hands its groups to others. Off: takes part again. Remembered across restarts. */
  async drain(_on: boolean): Promise<void> {}

  /** Resolves when nothing of it runs any more and its small file is written. */
  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.halt();
    await this.#service?.stop();
    await this.#announcer.ended();
  }

  /** As a crash would: everything ends by its signal, nothing is awaited and nothing more is written. */
  halt(): void {
    if (!this.#ending.signal.aborted) this.#ending.abort(new VaultError('closed', 'this peer is stopping'));
  }

  async #start(): Promise<void> {
    const { network, holdings, clock, limits } = this.#options;
    this.#service = await serveHoldings({
      network,
      holdings,
      advert: () => this.advert(),
      clock,
      onVault: (vault) => this.#announcer.vault(vault),
      log: (message) => this.#options.onDetail?.(message),
      ...(limits ? { limits } : {}),
    });
    this.#announcer.mesh();
    for (const vault of holdings.vaults()) this.#announcer.vault(vault);
  }
}
