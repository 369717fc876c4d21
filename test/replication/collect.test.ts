/** Searches that do not know when to end: taken as far as they bring something new. */
import { describe, expect, test } from 'vitest';
import { collect } from '../../src/replication/collect.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

describe('collect', () => {
  const clock = new SimulatedClock();
  const limits = { clock, settleMs: 1000, firstMs: 5000 };

  /** Brings `items` 400 ms apart and then hangs until it is stopped. */
  async function* endless(items: readonly string[], stop: AbortSignal): AsyncIterable<string> {
    for (const item of items) {
      await clock.sleep(400);
      yield item;
    }
    await clock.sleep(1e9, stop).catch(() => undefined);
  }

  async function search(
    items: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ found: string[]; ms: number }> {
    const found: string[] = [];
    const startMs = clock.monotonicMs();
    const work = collect(
      (stop) => endless(items, stop),
      (item) => found.push(item),
      { ...limits, signal },
    );
    await clock.until(work);
    return { found, ms: clock.monotonicMs() - startMs };
  }

  test('ends when nothing new came for a while, and names nothing twice', async () => {
    expect(await search(['a', 'b', 'a', 'b', 'c'])).toEqual({ found: ['a', 'b'], ms: 1800 });
    expect(await search(['a', 'b', 'c'])).toEqual({ found: ['a', 'b', 'c'], ms: 2200 });
  });

  test('waits longer for the first result', async () => {
    expect(await search([])).toEqual({ found: [], ms: 5000 });
  });

  test('rejects with the reason when it is interrupted, and with what the search rejects with', async () => {
    const controller = new AbortController();
    clock.schedule(600, () => controller.abort(new Error('stop')));
    await expect(search(['a', 'b'], controller.signal)).rejects.toThrow('stop');
    const broken = (): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no network')) }),
    });
    await expect(clock.until(collect(broken, () => undefined, limits))).rejects.toThrow('no network');
  });
});
