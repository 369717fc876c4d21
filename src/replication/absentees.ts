/** When to give up peers that are not even connected while the others have answered: a stopped one costs seconds, a far one nothing (T3). */
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';

export interface AbsenteesOptions {
  readonly clock: Clock;
  readonly isConnected: (peer: PeerName) => boolean;
  /** Since when the peer is being dialled. */
  readonly dialledMs: (peer: PeerName) => number;
}

/** One peer among those that are asked. */
export interface AskedPeer {
  answered(): void;
  /** It answered, failed, or was given up: nothing more is done about it. */
  ended(): void;
}

/** A connection takes four round trips, one second at 300 ms; three times that is left to bad luck and busy machines. */
const CONNECT_MS = 3_000;
/** No less than this from when half have answered, also when the dials began long ago. */
const SHORTEST_MS = 1_000;
/** Where even the quick ones took long (a busy machine, a slow line), the others may take this many times as long. */
const LAG_FACTOR = 3;

interface Open {
  readonly dueMs: number;
  readonly giveUp: () => void;
  cancel: () => void;
}

/** One round of questions. Peers that are connected are never given up here: their questions have limits of their own. */
export class Absentees {
  readonly #options: AbsenteesOptions;
  readonly #startedMs: number;
  readonly #open = new Map<PeerName, Open>();
  #asked = 0;
  #answers = 0;
  /** Not before this; `undefined` until half have answered. */
  #hurryMs: number | undefined;

  constructor(options: AbsenteesOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  asked(peer: PeerName, giveUp: () => void): AskedPeer {
    this.#asked += 1;
    const open: Open = {
      dueMs: this.#options.dialledMs(peer) + CONNECT_MS,
      giveUp,
      cancel: () => undefined,
    };
    this.#open.set(peer, open);
    if (this.#hurryMs !== undefined) this.#arm(peer, open, this.#hurryMs);
    return { answered: () => this.#answered(), ended: () => this.#ended(peer) };
  }

  #answered(): void {
    this.#answers += 1;
    if (this.#hurryMs !== undefined || this.#answers * 2 < this.#asked) return;
    const nowMs = this.#options.clock.monotonicMs();
    const hurryMs = nowMs + Math.max(SHORTEST_MS, LAG_FACTOR * (nowMs - this.#startedMs));
    this.#hurryMs = hurryMs;
    for (const [peer, open] of this.#open) this.#arm(peer, open, hurryMs);
  }

  #arm(peer: PeerName, open: Open, hurryMs: number): void {
    const { clock, isConnected } = this.#options;
    open.cancel = clock.schedule(Math.max(open.dueMs, hurryMs) - clock.monotonicMs(), () => {
      if (!isConnected(peer)) open.giveUp();
    });
  }

  #ended(peer: PeerName): void {
    this.#open.get(peer)?.cancel();
    this.#open.delete(peer);
  }
}
