/** Keeps a server connected to the peers it knows: whatever went down comes back by itself, in any order (M2). */
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

export interface RedialOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Peers worth a connection, now. */
  candidates(): Promise<readonly PeerName[]>;
  isConnected(peer: PeerName): boolean;
  /** Rejects when the peer cannot be reached. */
  dial(peer: PeerName, signal: AbortSignal): Promise<unknown>;
  readonly tickMs?: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  /** More connections than this are not looked for. */
  readonly maxPeers?: number;
}

interface Wait {
  delayMs: number;
  notBeforeMs: number;
}

const PARALLEL_DIALS = 8;

/** Each peer is retried after 1 s, 2 s, 4 s ... up to a minute, with jitter so that a mesh does not dial in step. */
export class RedialLoop {
  readonly #options: Required<RedialOptions>;
  readonly #waits = new Map<PeerName, Wait>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RedialOptions) {
    this.#options = { tickMs: 1000, firstDelayMs: 1000, maxDelayMs: 60_000, maxPeers: 64, ...options };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the node stops'));
    await this.#running;
  }

  /** Dials everyone who is due, once. */
  async runOnce(): Promise<void> {
    const { candidates, isConnected, clock, maxPeers } = this.#options;
    const all = await candidates();
    const away = all.filter((peer) => !isConnected(peer));
    for (const peer of all) if (isConnected(peer)) this.#waits.delete(peer);
    const now = clock.monotonicMs();
    const room = Math.max(0, maxPeers - (all.length - away.length));
    const due = away.filter((peer) => (this.#waits.get(peer)?.notBeforeMs ?? 0) <= now).slice(0, room);
    const next = due.values();
    const worker = async (): Promise<void> => {
      for (const peer of next) await this.#dial(peer);
    };
    await Promise.all(Array.from({ length: PARALLEL_DIALS }, worker));
  }

  async #dial(peer: PeerName): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { clock, random, dial, firstDelayMs, maxDelayMs } = this.#options;
    try {
      await dial(peer, this.#stop.signal);
      this.#waits.delete(peer);
    } catch {
      // Away, not an error: tried again later.
      const delayMs = Math.min((this.#waits.get(peer)?.delayMs ?? firstDelayMs / 2) * 2, maxDelayMs);
      this.#waits.set(peer, {
        delayMs,
        notBeforeMs: clock.monotonicMs() + delayMs * (0.75 + random.fraction() / 2),
      });
    }
  }

  async #run(): Promise<void> {
    const { clock, tickMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.runOnce().catch(() => undefined); // a peer store that cannot be read now is read at the next tick
      await clock.sleep(tickMs, this.#stop.signal).catch(() => undefined); // only stop() ends the sleep early
    }
  }
}
