/** Whether chunks are sent to each holder, or once, to be passed on: chosen by what the way was measured to carry (T2). */
import { MiB } from '../model/units.ts';

/** `direct`: the owner sends every copy. `relay`: he sends one, and holders pass it on. */
export type SpreadMode = 'direct' | 'relay';

/** One chunk that all its holders have. */
export interface SpreadSample {
  readonly mode: SpreadMode;
  readonly bytes: number;
  readonly startedMs: number;
  readonly endedMs: number;
  /** How long the first holder took to pass it on; 0 when nobody did. */
  readonly waitMs: number;
  /** More was waiting to be sent: what is measured is the way, not the source. */
  readonly busy: boolean;
}

/** A measurement lasts so long, and is about so much. */
const MEASURE_MS = 3_000;
const MEASURE_BYTES = 8 * MiB;
/** So much better the other way must be: both are measured on a network that others use. */
const CLEARLY = 1.15;
/** How long a measurement of the other way is believed, at first and at last; each look at it costs something. */
const FIRST_BELIEF_MS = 60_000;
const LONGEST_BELIEF_MS = 16 * 60_000;
/** The relay spends less than this share of the time on passing on: then our own line holds it back, and needs no second copy on it. */
const RELAY_HOLDS_BACK = 0.5;

interface Measured {
  readonly bytesPerMs: number;
  readonly atMs: number;
}

/** A state machine; time comes with the samples, in monotonic milliseconds. */
export class SpreadChoice {
  #mode: SpreadMode;
  /** The way that stays unless the other is clearly better. */
  #home: SpreadMode;
  /** Only puts begun after the last change say something about the way they went. */
  #changedMs = Number.NEGATIVE_INFINITY;
  #sinceMs: number | undefined;
  #bytes = 0;
  #puts = 0;
  #busyPuts = 0;
  #waitShare = 0;
  #beliefMs = FIRST_BELIEF_MS;
  readonly #rates: Partial<Record<SpreadMode, Measured>> = {};

  constructor(first: SpreadMode) {
    this.#mode = first;
    this.#home = first;
  }

  get mode(): SpreadMode {
    return this.#mode;
  }

  ended(put: SpreadSample): void {
    if (put.mode !== this.#mode || put.startedMs < this.#changedMs) return;
    if (this.#sinceMs === undefined) {
      this.#sinceMs = put.endedMs;
      return;
    }
    this.#bytes += put.bytes;
    this.#puts += 1;
    this.#busyPuts += put.busy ? 1 : 0;
    this.#waitShare += put.waitMs / Math.max(1, put.endedMs - put.startedMs);
    const tookMs = put.endedMs - this.#sinceMs;
    if (tookMs >= MEASURE_MS && this.#bytes >= MEASURE_BYTES) this.#conclude(put.endedMs, tookMs);
  }

  #conclude(nowMs: number, tookMs: number): void {
    const bytesPerMs = this.#bytes / tookMs;
    const busy = this.#busyPuts * 2 > this.#puts;
    const relayHoldsBack = this.#waitShare / this.#puts >= RELAY_HOLDS_BACK;
    this.#begin(nowMs);
    if (!busy) return;
    this.#rates[this.#mode] = { bytesPerMs, atMs: nowMs };
    if (this.#mode !== this.#home) this.#settle(nowMs);
    else if (this.#mayLookElsewhere(nowMs, relayHoldsBack)) this.#change(other(this.#mode), nowMs);
  }

  /** The other way was tried: stay, or go home. */
  #settle(nowMs: number): void {
    const here = this.#rates[this.#mode]?.bytesPerMs ?? 0;
    const home = this.#rates[this.#home]?.bytesPerMs ?? 0;
    if (here > home * CLEARLY) this.#home = this.#mode;
    else this.#change(this.#home, nowMs);
  }

  #mayLookElsewhere(nowMs: number, relayHoldsBack: boolean): boolean {
    if (this.#mode === 'relay' && !relayHoldsBack) return false;
    const known = this.#rates[other(this.#mode)];
    if (!known) return true;
    if (nowMs - known.atMs < this.#beliefMs) return false;
    this.#beliefMs = Math.min(LONGEST_BELIEF_MS, this.#beliefMs * 2);
    return true;
  }

  #change(mode: SpreadMode, nowMs: number): void {
    this.#mode = mode;
    this.#changedMs = nowMs;
    this.#begin(undefined);
  }

  #begin(sinceMs: number | undefined): void {
    this.#sinceMs = sinceMs;
    this.#bytes = 0;
    this.#puts = 0;
    this.#busyPuts = 0;
    this.#waitShare = 0;
  }
}

function other(mode: SpreadMode): SpreadMode {
  return mode === 'direct' ? 'relay' : 'direct';
}
