/** What one stream may have in work: requests, bytes and requests per second; over budget means "not read yet" (T1, T4). */
import type { Clock } from '../runtime/clock.ts';
import type { ByteGate } from '../runtime/limiter.ts';

export interface StreamBudgetOptions {
  readonly maxBytes: number;
  readonly maxRequests: number;
  /** The budget that all streams share; asked last, so that a stream waits there with one request at most. */
  readonly gate: ByteGate;
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** The part of a method that the budget looks at. */
export interface Rated {
  readonly number: number;
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

export class StreamBudget {
  readonly #options: StreamBudgetOptions;
  readonly #buckets = new Map<number, Bucket>();
  #bytes = 0;
  #requests = 0;
  #wake: (() => void)[] = [];

  constructor(options: StreamBudgetOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#wakeAll(), { once: true });
  }

  /** Waits for room and returns the function that gives it back, once. A request larger than the budget goes alone. */
  async take(method: Rated, bytes: number): Promise<() => void> {
    const { maxBytes, maxRequests, gate, signal } = this.#options;
    await this.#pace(method);
    await this.#until(
      () => this.#requests === 0 || (this.#requests < maxRequests && this.#bytes + bytes <= maxBytes),
    );
    this.#requests++;
    this.#bytes += bytes;
    try {
      const giveBack = await gate.acquire(bytes, signal);
      return () => {
        giveBack();
        this.#release(bytes);
      };
    } catch (error) {
      this.#release(bytes);
      throw error;
    }
  }

  /** Resolves when nothing is in work. */
  async idle(): Promise<void> {
    while (this.#requests > 0) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async #until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      this.#options.signal.throwIfAborted();
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** A token bucket per method that holds one second's worth. */
  async #pace(method: Rated): Promise<void> {
    const { clock, signal } = this.#options;
    const nowMs = clock.monotonicMs();
    const bucket = this.#buckets.get(method.number) ?? { tokens: method.perSecond, filledMs: nowMs };
    const refill = ((nowMs - bucket.filledMs) * method.perSecond) / 1000;
    bucket.tokens = Math.min(method.perSecond, bucket.tokens + refill) - 1;
    bucket.filledMs = nowMs;
    this.#buckets.set(method.number, bucket);
    if (bucket.tokens < 0) await clock.sleep((-bucket.tokens / method.perSecond) * 1000, signal);
  }

  #release(bytes: number): void {
    this.#requests--;
    this.#bytes -= bytes;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
