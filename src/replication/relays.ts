/** Whether a chunk is passed on by a holder, and by which: near ones with little to do first, none that failed at it lately (T2). */
import type { PeerName } from '../model/ids.ts';
import { SpreadChoice, type SpreadMode } from '../policy/spread-choice.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Holder } from './holder.ts';

/** `auto`: whichever is measured to be faster. */
export type SpreadWish = SpreadMode | 'auto';

export interface RelaysOptions {
  readonly wish: SpreadWish;
  readonly clock: Clock;
  /** Round trips as last measured. */
  readonly latencyMs?: ReadonlyMap<PeerName, number> | undefined;
}

/** Holders this far away are not in one's own house: the line to them is worth sparing before anything was measured. */
const FAR_MS = 5;
/** One that did not get a chunk to all others is not asked to pass on for this long, doubling with each time in a row. */
const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 600_000;

interface Record {
  inFlightBytes: number;
  failures: number;
  restUntilMs: number;
}

/** One chunk's way, told when it is over. */
export interface Way {
  /** Who passes it on; `undefined`: each copy goes directly. */
  readonly relay: PeerName | undefined;
  /** `waitMs` as the relay told. `complete`: every holder of the route gave its receipt. */
  relayed(complete: boolean, waitMs: number): void;
  /** All copies are there, by whichever way. `busy`: more was waiting. */
  done(busy: boolean): void;
}

export class Relays {
  readonly #options: RelaysOptions;
  readonly #choice: SpreadChoice;
  readonly #records = new Map<PeerName, Record>();

  constructor(options: RelaysOptions) {
    this.#options = options;
    const known = [...(options.latencyMs?.values() ?? [])].sort((a, b) => a - b);
    const median = known[Math.floor(known.length / 2)] ?? 0;
    this.#choice = new SpreadChoice(median >= FAR_MS ? 'relay' : 'direct');
  }

  get mode(): SpreadMode {
    return this.#options.wish === 'auto' ? this.#choice.mode : this.#options.wish;
  }

  /** For a chunk of that size which `holders` shall have. */
  way(holders: readonly Holder[], bytes: number): Way {
    const { mode } = this;
    const startedMs = this.#options.clock.monotonicMs();
    const relay = mode === 'relay' ? this.#relayOf(holders) : undefined;
    if (relay !== undefined) this.#record(relay).inFlightBytes += bytes;
    let waitMs = 0;
    let open = relay !== undefined;
    const close = (): void => {
      if (open && relay !== undefined) this.#record(relay).inFlightBytes -= bytes;
      open = false;
    };
    return {
      relay,
      relayed: (complete, toldMs) => {
        waitMs = toldMs;
        close();
        if (relay !== undefined) this.#judge(relay, complete);
      },
      done: (busy) => {
        close();
        const endedMs = this.#options.clock.monotonicMs();
        if (mode === 'direct' || relay !== undefined)
          this.#choice.ended({ mode, bytes, startedMs, endedMs, waitMs, busy });
      },
    };
  }

  #relayOf(holders: readonly Holder[]): PeerName | undefined {
    if (holders.length < 2) return undefined;
    const nowMs = this.#options.clock.monotonicMs();
    let best: PeerName | undefined;
    let bestScore = Number.POSITIVE_INFINITY;
    for (const { peer, store } of holders) {
      const { inFlightBytes, restUntilMs } = this.#record(peer);
      if (!store.spread || nowMs < restUntilMs) continue;
      const score = (1 + inFlightBytes) * Math.max(FAR_MS, this.#options.latencyMs?.get(peer) ?? FAR_MS);
      if (score >= bestScore) continue;
      best = peer;
      bestScore = score;
    }
    return best;
  }

  #judge(relay: PeerName, complete: boolean): void {
    const record = this.#record(relay);
    if (complete) {
      record.failures = 0;
      return;
    }
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(10, record.failures));
    record.failures += 1;
    record.restUntilMs = this.#options.clock.monotonicMs() + restMs;
  }

  #record(peer: PeerName): Record {
    const known = this.#records.get(peer);
    if (known) return known;
    const record: Record = { inFlightBytes: 0, failures: 0, restUntilMs: Number.NEGATIVE_INFINITY };
    this.#records.set(peer, record);
    return record;
  }
}
