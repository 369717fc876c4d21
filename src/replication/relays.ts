/** Whether a chunk is passed on by a holder, and by which: quick ones with little to do first, none that failed at it lately (T2). */
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { PassingOn } from '../policy/passing-on.ts';
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
  /** Chunks in a row that went by it and did not get to all: one of those they went by hangs. */
  doubts: number;
  failures: number;
  restUntilMs: number;
}

/** One chunk's way, told when it is over. */
export interface Way {
  /** Who passes it on, one to the next; the last passes on nothing, so that is the slowest. `undefined`: each copy goes directly. */
  readonly route: readonly [Holder, ...Holder[]] | undefined;
  /** `waitMs` as the relay told. `complete`: every holder of the route gave its receipt. */
  relayed(complete: boolean, waitMs: number): void;
  /** All copies are there, by whichever way. `busy`: more was waiting. */
  done(busy: boolean): void;
}

export class Relays {
  readonly #options: RelaysOptions;
  readonly #choice: SpreadChoice;
  readonly #records = new Map<PeerName, Record>();
  readonly #passingOn = new PassingOn(FAR_MS);

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
    const route = mode === 'relay' ? this.#routeOf(holders, bytes) : undefined;
    const relay = route?.[0].peer;
    const passers = route?.slice(0, -1).map(({ peer }) => peer) ?? [];
    for (const peer of passers) this.#passingOn.give(peer, bytes, this.#guessMs(peer), startedMs);
    let waitMs = 0;
    return {
      route,
      relayed: (complete, toldMs) => {
        waitMs = toldMs;
        const nowMs = this.#options.clock.monotonicMs();
        if (complete) this.#passingOn.seen(passers, (toldMs * MiB) / bytes, nowMs);
        for (const { peer } of route ?? []) this.#doubt(peer, complete);
        if (relay !== undefined) this.#judge(relay, complete);
      },
      done: (busy) => {
        const endedMs = this.#options.clock.monotonicMs();
        if (mode === 'direct' || relay !== undefined)
          this.#choice.ended({ mode, bytes, startedMs, endedMs, waitMs, busy });
      },
    };
  }

  #routeOf(holders: readonly Holder[], bytes: number): Way['route'] {
    if (holders.length < 2) return undefined;
    const nowMs = this.#options.clock.monotonicMs();
    const ranked = holders.map((holder) => ({
      holder,
      doubts: this.#record(holder.peer).doubts,
      ms: this.#passingOn.withMore(holder.peer, bytes, this.#guessMs(holder.peer), nowMs),
    }));
    ranked.sort((a, b) => a.doubts - b.doubts || a.ms - b.ms);
    const sorted = ranked.map(({ holder }) => holder);
    const lead = sorted.find(({ peer, store }) => store.spread && nowMs >= this.#record(peer).restUntilMs);
    return lead && [lead, ...sorted.filter((holder) => holder !== lead)];
  }

  /** As quick as he is near. */
  #guessMs(peer: PeerName): number {
    return this.#options.latencyMs?.get(peer) ?? FAR_MS;
  }

  #doubt(peer: PeerName, complete: boolean): void {
    const record = this.#record(peer);
    record.doubts = complete ? 0 : record.doubts + 1;
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
    const record: Record = {
      doubts: 0,
      failures: 0,
      restUntilMs: Number.NEGATIVE_INFINITY,
    };
    this.#records.set(peer, record);
    return record;
  }
}
