/** A rate that several share and that may change while they wait (T4): who takes more than is there waits, in order of arrival. */
import type { Clock } from './clock.ts';

/** What moves bytes asks this before each piece. */
export interface RateLimit {
  /** Now; Infinity for no limit, 0 while nothing may move. */
  readonly bytesPerSecond: number;
  /** Resolves when these bytes may move; rejects with the signal's reason, and then they were not taken. */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
}

/** What may be taken at once after a rest: little, so that a limit holds over short times too. */
const BURST_MS = 250;

interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

/** A `RateLimit` that is told its rate. */
export class AdjustableRate implements RateLimit {
  readonly #clock: Clock;
  #bytesPerSecond: number;
  /** Bytes that were let through and not paid for by time yet, as of `#asOfMs`; less than 0 after a rest. */
  #owedBytes = 0;
  #asOfMs: number;
  #waiting: Waiter[] = [];
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, bytesPerSecond: number = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#asOfMs = clock.monotonicMs();
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** From now on; those who wait are served at the new rate. */
  change(bytesPerSecond: number): void {
    this.#settle();
    this.#bytesPerSecond = bytesPerSecond;
    this.#serve();
  }

  take(bytes: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        bytes,
        admit: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
      if (!this.#cancel) this.#serve();
    });
  }

  #settle(): void {
    const nowMs = this.#clock.monotonicMs();
    const paid = ((nowMs - this.#asOfMs) / 1000) * this.#bytesPerSecond;
    this.#asOfMs = nowMs;
    const restBytes = (BURST_MS / 1000) * this.#bytesPerSecond;
    // No limit leaves no debt and saves nothing up.
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) this.#owedBytes = 0;
    else this.#owedBytes = Math.max(-restBytes, this.#owedBytes - paid);
  }

  #serve(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#settle();
    const free = this.#bytesPerSecond === Number.POSITIVE_INFINITY;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (!free && (this.#owedBytes > 0 || this.#bytesPerSecond === 0)) break;
      this.#waiting.shift();
      if (!free) this.#owedBytes += next.bytes;
      next.admit();
    }
    if (this.#waiting.length === 0 || this.#bytesPerSecond === 0) return;
    const waitMs = Math.max(1, (1000 * this.#owedBytes) / this.#bytesPerSecond);
    this.#cancel = this.#clock.schedule(waitMs, () => this.#serve());
  }
}
