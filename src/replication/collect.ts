/** What a search of the DHT finds before it falls silent: such searches end late, long after their last result. */
import type { Clock } from '../runtime/clock.ts';

export interface CollectOptions {
  readonly clock: Clock;
  /** How long nothing new may come after the first result. */
  readonly settleMs: number;
  /** How long the first result may take. */
  readonly firstMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Calls `found` with each result once. Rejects with what the search rejects with, or the signal's reason. */
export async function collect<T>(
  search: (signal: AbortSignal) => AsyncIterable<T>,
  found: (item: T) => void,
  { clock, settleMs, firstMs, signal }: CollectOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  signal?.addEventListener('abort', stop, { once: true });
  let cancel = clock.schedule(firstMs, stop);
  const seen = new Set<T>();
  const results = search(controller.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = results.next();
      next.catch(() => undefined); // when it is too late to matter; in time, the race below throws it
      const result = await Promise.race([next, stopped]);
      if (!result || result.done) break;
      if (seen.has(result.value)) continue;
      seen.add(result.value);
      found(result.value);
      cancel();
      cancel = clock.schedule(settleMs, stop);
    }
    signal?.throwIfAborted();
  } finally {
    cancel();
    signal?.removeEventListener('abort', stop);
    controller.abort(new Error('the search is over'));
  }
}
