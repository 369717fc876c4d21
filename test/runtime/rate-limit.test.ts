import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdjustableRate } from '../../src/runtime/rate-limit.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

/** Takes the pieces one after the other from `ways` sides at once; returns how many bytes had moved at each second. */
async function moved(
  clock: SimulatedClock,
  rate: AdjustableRate,
  pieces: number,
  bytes: number,
): Promise<number[]> {
  let sum = 0;
  const bySecond: number[] = [];
  const side = async (): Promise<void> => {
    for (let i = 0; i < pieces; i++) {
      await rate.take(bytes);
      sum += bytes;
    }
  };
  const all = Promise.all([side(), side(), side()]);
  let done = false;
  void all.then(() => {
    done = true;
  });
  while (!done) {
    await clock.advance(1000);
    bySecond.push(sum);
  }
  return bySecond;
}

describe('a rate limit', () => {
  it('holds for all who share it, whatever the size of their pieces (T4)', async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5000 }));
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 100, max: 20_000 }), async ([pieces, bytes], perSecond) => {
        const clock = new SimulatedClock();
        const seconds = await moved(clock, new AdjustableRate(clock, perSecond), pieces, bytes);
        for (const [at, sum] of seconds.entries()) {
          expect(sum).toBeLessThanOrEqual((at + 1.25) * perSecond + bytes);
        }
        const total = 3 * pieces * bytes;
        expect(seconds.length).toBeLessThanOrEqual(
          Math.ceil((total / perSecond) * 1.05 + (3 * pieces) / 500 + 1),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('can change while somebody waits: slower, off, faster, and none at all', async () => {
    const clock = new SimulatedClock();
    const rate = new AdjustableRate(clock, 1000);
    let taken = 0;
    const all = (async () => {
      for (; taken < 100_000; taken += 1000) await rate.take(1000);
    })();
    await clock.advance(10_000);
    expect(taken).toBeGreaterThanOrEqual(9000);
    expect(taken).toBeLessThanOrEqual(12_000);
    rate.change(0);
    const before = taken;
    await clock.advance(60_000);
    expect(taken - before).toBeLessThanOrEqual(1000);
    rate.change(10_000);
    await clock.advance(3000);
    expect(taken - before).toBeGreaterThanOrEqual(28_000);
    rate.change(Number.POSITIVE_INFINITY);
    await clock.until(all);
    expect(rate.bytesPerSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it('lets nobody wait behind one who gave up', async () => {
    const clock = new SimulatedClock();
    const rate = new AdjustableRate(clock, 1000);
    await rate.take(5000);
    const stop = new AbortController();
    const given = expect(rate.take(1_000_000, stop.signal)).rejects.toThrow('enough');
    const next = rate.take(10);
    stop.abort(new Error('enough'));
    await given;
    await clock.until(next);
    expect(clock.monotonicMs()).toBeLessThan(6000);
    await expect(rate.take(1, stop.signal)).rejects.toThrow('enough');
  });
});
