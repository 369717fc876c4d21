/** How fast a holder answers, learnt from the reads it served: what readers choose by, and when they stop waiting (T3). */

/** Weight of the newest sample. */
const FRESH = 0.2;
/** What is assumed of a holder that nothing is known of. */
const GUESS_MS = 50;
/** A sample this old says nothing any more: the holder is tried again as if it were an average one. */
const STALE_MS = 30_000;
const SHORTEST_PATIENCE_MS = 1_000;
const PATIENCE_FACTOR = 3;

/** Time is an input (monotonic milliseconds). One object for each holder. */
export class Speed {
  #serviceMs: number | undefined;
  #responseMs: number | undefined;
  #lastEndMs = Number.NEGATIVE_INFINITY;

  /**
   * A read that began at `startedMs` was answered now. Its service time counts from its begin or from the answer before it, whichever
   * is later: with many reads in flight on one link, that is the time this one really cost.
   */
  answered(nowMs: number, startedMs: number): void {
    const serviceMs = nowMs - Math.max(startedMs, this.#lastEndMs);
    this.#serviceMs = blend(this.#serviceMs, serviceMs);
    this.#responseMs = blend(this.#responseMs, nowMs - startedMs);
    this.#lastEndMs = nowMs;
  }

  /** Another holder answered first, although it was asked later: at least this slow. */
  overtaken(nowMs: number, startedMs: number): void {
    const atLeastMs = nowMs - startedMs;
    if (atLeastMs > (this.#serviceMs ?? 0)) this.#serviceMs = blend(this.#serviceMs, atLeastMs);
    this.#lastEndMs = Math.max(this.#lastEndMs, startedMs);
  }

  /** Service time of one read, or `undefined` when nothing recent is known. */
  serviceMs(nowMs: number): number | undefined {
    return nowMs - this.#lastEndMs > STALE_MS ? undefined : this.#serviceMs;
  }

  /** How long to wait for it before a second holder is asked. */
  patienceMs(): number {
    return Math.max(SHORTEST_PATIENCE_MS, PATIENCE_FACTOR * (this.#responseMs ?? 0));
  }
}

function blend(old: number | undefined, sample: number): number {
  return old === undefined ? sample : old + FRESH * (sample - old);
}

/** Mean of the known service times: the assumption for holders whose own is unknown. */
export function typicalServiceMs(known: readonly (number | undefined)[]): number {
  const values = known.filter((value) => value !== undefined);
  return values.length === 0 ? GUESS_MS : values.reduce((sum, value) => sum + value, 0) / values.length;
}
