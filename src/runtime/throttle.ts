/** A limit in bytes per second that several share: who takes more than is there waits, in order of arrival (T4). */
import type { Clock } from './clock.ts';

/** A second's worth may be taken at once after a rest. */
const BURST_MS = 1000;

export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number;
  /** When all that was taken so far will have been paid for. */
  #paidMs = Number.NEGATIVE_INFINITY;

  /** No limit: `bytesPerSecond` of Infinity. A function is asked at each take, for limits that change. */
  constructor(clock: Clock, bytesPerSecond: number | (() => number)) {
    this.#clock = clock;
    this.#bytesPerSecond = typeof bytesPerSecond === 'number' ? () => bytesPerSecond : bytesPerSecond;
  }

  /** Resolves when these bytes may move; rejects with the signal's reason, and then they still count as taken. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const bytesPerSecond = this.#bytesPerSecond();
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const nowMs = this.#clock.monotonicMs();
    const waitMs = Math.max(0, this.#paidMs - nowMs);
    this.#paidMs = Math.max(this.#paidMs, nowMs - BURST_MS) + (1000 * bytes) / bytesPerSecond;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }
}
