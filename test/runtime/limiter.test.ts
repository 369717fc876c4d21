import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteGate } from '../../src/runtime/limiter.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

describe('ByteGate', () => {
  it('never lets more through than it may, except one oversized request alone, in order of arrival (T4)', async () => {
    const sizes = fc.array(fc.record({ bytes: fc.nat(150), holdMs: fc.integer({ min: 1, max: 20 }) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (requests) => {
        const clock = new SimulatedClock();
        const gate = new ByteGate(100);
        const admitted: number[] = [];
        let inside = 0;
        const work = requests.map(async ({ bytes, holdMs }, index) => {
          const release = await gate.acquire(bytes);
          admitted.push(index);
          expect(inside === 0 || inside + bytes <= 100).toBe(true);
          inside += bytes;
          await clock.sleep(holdMs);
          inside -= bytes;
          release();
          release();
        });
        await clock.until(Promise.all(work));
        expect(admitted).toEqual(requests.map((_, index) => index));
        expect(gate.usedBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('forgets who stopped waiting, and lets the next one in', async () => {
    const gate = new ByteGate(10);
    const release = await gate.acquire(8);
    const stop = new AbortController();
    const large = gate.acquire(5, stop.signal);
    const small = gate.acquire(2);
    stop.abort(new Error('enough'));
    await expect(large).rejects.toThrow('enough');
    (await small)();
    release();
    expect(gate.usedBytes).toBe(0);
    await expect(gate.acquire(1, stop.signal)).rejects.toThrow('enough');
  });
});
