import { describe, expect, it } from 'vitest';
import { BulkLimits } from '../../src/api/bulk-limits.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import type { RatePlan } from '../../src/policy/rate-plan.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { sampleChunks } from '../conformance/chunk-store.ts';
import { testVault, World } from './holder-fixture.ts';

const mine = testVault(1);

const steady = (bytesPerSecond: number): RatePlan => ({ spans: [], elseBytesPerSecond: bytesPerSecond });

describe('chunks over a network with limits', () => {
  it.each([
    [32 * KiB, 4],
    [100 * KiB, 8],
    [5 * MiB, 24],
  ])(
    'keep to %i bytes a second to three holders, and nothing is given up as stalled (T4)',
    async (rate, count) => {
      const clock = new SimulatedClock();
      const world = new World(clock);
      const limits = new BulkLimits(clock, { upload: steady(rate), download: steady(rate) });
      const network = limits.around(await clock.until(world.node('client')));
      const remotes = await clock.until(
        Promise.all(
          [0, 1, 2].map(async () => {
            const holder = await world.holder();
            await network.learn({ peer: holder.network.self, addresses: holder.network.addresses() });
            return world.remote(holder, mine, { network });
          }),
        ),
      );
      const chunks = sampleChunks(count, MiB / 4);
      const bytes = 3 * chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
      const least = (bytes / rate) * 1000 * 0.95 - 500;
      const most = (bytes / rate) * 1000 * 1.1 + 1500;
      for (const work of [
        () => Promise.all(remotes.flatMap((remote) => chunks.map((chunk) => remote.put(chunk)))),
        () => Promise.all(remotes.flatMap((remote) => chunks.map((chunk) => remote.get(chunk.digest)))),
      ]) {
        const startMs = clock.monotonicMs();
        await clock.until<unknown>(work());
        const took = clock.monotonicMs() - startMs;
        expect(took).toBeGreaterThan(least);
        expect(took).toBeLessThan(most);
      }
      await clock.until(world.end());
    },
  );

  it('are unlimited again once the limit is taken away, and pings never wait', async () => {
    const clock = new SimulatedClock();
    const world = new World(clock);
    const limits = new BulkLimits(clock, { upload: steady(16 * KiB) });
    const network = limits.around(await clock.until(world.node('client')));
    const holder = await clock.until(world.holder());
    await network.learn({ peer: holder.network.self, addresses: holder.network.addresses() });
    const remote = await clock.until(world.remote(holder, mine, { network }));
    const putting = Promise.all(sampleChunks(4, MiB).map((chunk) => remote.put(chunk)));
    await clock.advance(20_000);
    expect(await clock.until(remote.pingMs())).toBeLessThan(100);
    limits.change({});
    const startMs = clock.monotonicMs();
    await clock.until(putting);
    expect(clock.monotonicMs() - startMs).toBeLessThan(1000);
    await clock.until(world.end());
  });
});
