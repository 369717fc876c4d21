/** A whole peer on seams: serves what it holds, tells the mesh, and keeps its vaults alive; the machine is given to it (S2). */
import { encodeAdvert } from '../format/advert.ts';
import { VaultError } from '../model/errors.ts';
import type { Network } from '../network/network.ts';
import { type HolderLimits, type HolderService, serveHoldings } from '../protocol/holder-service.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import { Throttle } from '../runtime/throttle.ts';
import type { Holdings } from '../store/holdings.ts';
import { Announcer } from './announcer.ts';
import { Keeper, type LoopName } from './keeper.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { KeeperSettings } from './keeper-settings.ts';
import { type KeeperState, readKeeperState } from './keeper-state.ts';
import type { KeeperStatus } from './keeper-status.ts';

interface PeerIdentityFacts {
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
  readonly #keeper: Keeper;
  #service: HolderService | undefined;

  private constructor(options: PeerNodeOptions, state: KeeperState) {
    this.#options = options;
    this.#keeper = new Keeper(contextOf(options), state, options.identity.version);
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
    const node = new PeerNode(options, await readKeeperState(options.disk, options.folder));
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
        accepting: !this.#keeper.draining,
      },
      (message) => network.sign(message),
    );
  }

  status(): KeeperStatus {
    return this.#keeper.status();
  }

  /** On: takes no new data, hands its groups to others. Off: takes part again. Remembered across restarts. */
  async drain(on: boolean): Promise<void> {
    await this.#keeper.drain(on);
  }

  /** Runs one of the loops of the upkeep now, once, so that tests need not wait. */
  async runOnce(loop: LoopName): Promise<void> {
    await this.#keeper.runOnce(loop);
  }

  /** Resolves when nothing of it runs any more and its small file is written. */
  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#end();
    await this.#service?.stop();
    await Promise.all([this.#keeper.stop(), this.#announcer.ended()]);
  }

  /** As a crash would: everything ends by its signal, nothing is awaited and nothing more is written. */
  halt(): void {
    if (this.#ending.signal.aborted) return;
    this.#end();
    this.#keeper.halt();
    void this.#service?.stop();
  }

  #end(): void {
    this.#ending.abort(new VaultError('closed', 'this peer is stopping'));
  }

  async #start(): Promise<void> {
    const { network, holdings, clock, limits } = this.#options;
    this.#service = await serveHoldings({
      network,
      holdings,
      advert: () => this.advert(),
      clock,
      onVault: (vault) => this.#announcer.vault(vault),
      duties: this.#keeper.duties,
      log: (message) => this.#options.onDetail?.(message),
      ...(limits ? { limits } : {}),
    });
    this.#announcer.mesh();
    for (const vault of holdings.vaults()) this.#announcer.vault(vault);
    this.#keeper.start();
  }
}

function contextOf(options: PeerNodeOptions): KeeperContext {
  const { clock, settings } = options;
  return {
    ...options,
    machine: options.identity.machine,
    throttle: new Throttle(clock, settings.repairBytesPerSecond),
    warn: (message) => options.onWarning?.(message),
    detail: (message) => options.onDetail?.(message),
  };
}
