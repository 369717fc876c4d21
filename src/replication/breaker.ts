/** Decides whether a holder is asked at all: one that failed rests, longer each time, instead of costing every request a timeout. */

/** `blip`: a connection ended, which a second attempt often cures. `stall`: it took time to find out, so it rests at once. */
export type Failure = 'blip' | 'stall';

/** `resting`: ask others. `probing`: the rest is over; one small question, which nobody waits for, decides. */
export type BreakerState = 'ready' | 'resting' | 'probing';

export const FIRST_REST_MS = 5_000;
export const LONGEST_REST_MS = 60_000;

/** A state machine with time as an input. Times are monotonic milliseconds. */
export class Breaker {
  /** Failures in a row. Requests that were under way when one failed share its fate and are not counted again. */
  #failures = 0;
  #lastFailureMs = Number.NEGATIVE_INFINITY;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #open = false;

  state(nowMs: number): BreakerState {
    if (!this.#open) return 'ready';
    return nowMs < this.#restUntilMs ? 'resting' : 'probing';
  }

  /** Rests in a row. More than a few: do not even ask as a last resort before the rest is over. */
  get failures(): number {
    return this.#failures;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#open = false;
  }

  /** A request that began at `startedMs` failed now. */
  failed(nowMs: number, startedMs: number, failure: Failure): void {
    if (startedMs <= this.#lastFailureMs) {
      if (failure === 'stall' && !this.#open) this.#rest(nowMs);
      return;
    }
    this.#failures += 1;
    this.#lastFailureMs = nowMs;
    if (failure === 'stall' || this.#failures > 1) this.#rest(nowMs);
  }

  /** True for the one caller who shall send the probe; the holder rests on until the probe has an answer. */
  claimProbe(nowMs: number): boolean {
    if (this.state(nowMs) !== 'probing') return false;
    this.#restUntilMs = nowMs + this.#restMs();
    return true;
  }

  #rest(nowMs: number): void {
    this.#open = true;
    this.#restUntilMs = nowMs + this.#restMs();
  }

  #restMs(): number {
    return Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(10, Math.max(0, this.#failures - 1)));
  }
}
