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

  /** The function that gives the room back, once; `undefined` when one has to wait for it. A request larger than the budget goes alone. */
  tryTake(method: Rated, bytes: number): (() => void) | undefined {
    if (this.#options.signal.aborted || !this.#fits(bytes) || this.#tokens(method) < 1) return undefined;
    const giveBack = this.#options.gate.tryAcquire(bytes);
    if (!giveBack) return undefined;
    this.#spend(method);
    return this.#taken(bytes, giveBack);
  }

  /** The same, and waits. */
  async take(method: Rated, bytes: number): Promise<() => void> {
    const { gate, signal } = this.#options;
    await this.#pace(method);
    while (!this.#fits(bytes)) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    const release = this.#taken(bytes, () => undefined); // counts while it waits for the others' budget
    try {
      const giveBack = await gate.acquire(bytes, signal);
      return () => {
        giveBack();
        release();
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Resolves when nothing is in work. */
  async idle(): Promise<void> {
    while (this.#requests > 0) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #fits(bytes: number): boolean {
    const { maxBytes, maxRequests } = this.#options;
    return this.#requests === 0 || (this.#requests < maxRequests && this.#bytes + bytes <= maxBytes);
  }

  #taken(bytes: number, giveBack: () => void): () => void {
    this.#requests++;
    this.#bytes += bytes;
    return () => {
      giveBack();
      this.#requests--;
      this.#bytes -= bytes;
      this.#wakeAll();
    };
  }

  async #pace(method: Rated): Promise<void> {
    const { clock, signal } = this.#options;
    const tokens = this.#spend(method);
    if (tokens < 0) await clock.sleep((-tokens / method.perSecond) * 1000, signal);
  }

  /** Of a bucket per method that holds one second's worth. */
  #tokens(method: Rated): number {
    return this.#bucket(method).tokens;
  }

  /** What is left; negative: so many have to wait. */
  #spend(method: Rated): number {
    const bucket = this.#bucket(method);
    bucket.tokens -= 1;
    return bucket.tokens;
  }

  #bucket(method: Rated): Bucket {
    const nowMs = this.#options.clock.monotonicMs();
    const bucket = this.#buckets.get(method.number) ?? { tokens: method.perSecond, filledMs: nowMs };
    const refill = ((nowMs - bucket.filledMs) * method.perSecond) / 1000;
    bucket.tokens = Math.min(method.perSecond, bucket.tokens + refill);
    bucket.filledMs = nowMs;
    this.#buckets.set(method.number, bucket);
    return bucket;
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
