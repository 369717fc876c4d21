/** Finds out whether resting holders are back, with small questions in the background that no chunk waits for. */
import { VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Holder } from './holder.ts';

export class Prober {
  readonly #clock: Clock;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks each holder whose rest is over one question: do you have this chunk? Any answer ends its rest. */
  wake(holders: Iterable<Holder>, digest: Digest): void {
    if (this.#stop.signal.aborted) return;
    for (const holder of holders) {
      if (!holder.breaker.claimProbe(this.#clock.monotonicMs())) continue;
      const probe = this.#probe(holder, digest).finally(() => this.#running.delete(probe));
      this.#running.add(probe);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort(new VaultError('closed', 'the store was closed'));
    await Promise.all(this.#running);
  }

  /** Never rejects: a failure is what it is there to find out, and lengthens the holder's rest. */
  async #probe(holder: Holder, digest: Digest): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    try {
      await holder.store.has([digest], { signal: this.#stop.signal });
      holder.breaker.succeeded();
    } catch (error) {
      if (!this.#stop.signal.aborted) holder.failed(this.#clock.monotonicMs(), startedMs, error);
    }
  }
}
