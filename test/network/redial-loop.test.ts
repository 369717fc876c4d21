import { describe, expect, it } from 'vitest';
import { RedialLoop } from '../../src/network/redial-loop.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

describe('RedialLoop', () => {
  it('dials a peer that is away ever more rarely, never less than about once a minute, until it is back (M2)', async () => {
    const clock = new SimulatedClock();
    const dials: number[] = [];
    let up = false;
    let connected = false;
    const loop = new RedialLoop({
      clock,
      random: new SeededRandom(1),
      candidates: async () => ['away'],
      isConnected: () => connected,
      dial: async () => {
        dials.push(clock.monotonicMs());
        if (!up) throw new Error('refused');
        connected = true;
      },
    });
    loop.start();
    await clock.advance(3_600_000);
    const gaps = dials.slice(1).map((at, index) => at - (dials[index] ?? 0));
    expect(gaps.slice(0, 3).every((gap) => gap <= 6000)).toBe(true);
    expect(Math.max(...gaps)).toBeLessThan(80_000);
    expect(dials.length).toBeLessThan(90);
    up = true;
    await clock.advance(80_000);
    expect(connected).toBe(true);
    const settled = dials.length;
    await clock.advance(3_600_000);
    expect(dials.length).toBe(settled);
    connected = false;
    await clock.advance(2000);
    expect(connected).toBe(true);
    await loop.stop();
  });

  it('goes on after its peer store could not be read', async () => {
    const clock = new SimulatedClock();
    let reads = 0;
    const loop = new RedialLoop({
      clock,
      random: new SeededRandom(1),
      candidates: async () => {
        reads++;
        throw new Error('disk trouble');
      },
      isConnected: () => false,
      dial: async () => undefined,
    });
    loop.start();
    await clock.advance(3500);
    await loop.stop();
    expect(reads).toBe(4);
  });

  it('looks for no more connections than it should', async () => {
    const dialled: string[] = [];
    const loop = new RedialLoop({
      clock: new SimulatedClock(),
      random: new SeededRandom(1),
      candidates: async () => ['in', 'a', 'b', 'c'],
      isConnected: (peer) => peer === 'in',
      dial: async (peer) => dialled.push(peer),
      maxPeers: 3,
    });
    await loop.runOnce();
    expect(dialled).toEqual(['a', 'b']);
  });
});
