/** Devices of one vault back up, forget, prune, bring back, tag, rewrite and retire at the same time and are killed anywhere: nothing live is ever lost (L1, L4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILES, type Round, UpkeepWorld, type Wish } from './upkeep-world.ts';

const DEVICES = 3;
const MANY_STEPS = 60;

const wish = (device: number): fc.Arbitrary<Wish> =>
  fc.record({
    device: fc.constant(device),
    does: fc.oneof(
      { weight: 4, arbitrary: fc.constant('backup' as const) },
      { weight: 3, arbitrary: fc.constant('prune' as const) },
      { weight: 3, arbitrary: fc.constant('forget' as const) },
      { weight: 2, arbitrary: fc.constant('undelete' as const) },
      { weight: 2, arbitrary: fc.constant('tag' as const) },
      { weight: 2, arbitrary: fc.constant('rewrite' as const) },
      { weight: 1, arbitrary: fc.constant('retire' as const) },
    ),
    pick: fc.integer({ min: 0, max: 2 ** FILES - 1 }),
    killAt: fc.option(fc.integer({ min: 0, max: MANY_STEPS }), { nil: undefined, freq: 3 }),
  });

const round: fc.Arbitrary<Round> = fc.record({
  wishes: fc
    .subarray(
      Array.from({ length: DEVICES }, (_, device) => device),
      { minLength: 1 },
    )
    .chain((devices) => fc.tuple(...devices.map(wish))),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  unrest: fc.constantFrom(0, 20, 5, 3),
  ticks: fc.constantFrom(0, 0, 1, 3),
});

describe('devices of one vault at work at the same time', () => {
  it('never lose a live chunk, whatever they do, in whatever order, killed anywhere (L1, L4)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 8 }), async (rounds) => {
        const world = new UpkeepWorld(DEVICES);
        if (rounds.length % 2 === 0) world.bundleBytes = 400; // several files lie in one chunk
        try {
          for (const one of rounds) await world.play(one);
          await world.settle();
          const live = [...world.books.live].sort();
          await world.compareBooks();
          const retired = new Set(world.books.ends.keys());
          for (const id of world.stillborn)
            expect(retired.size > 0 || !world.books.snapshots.has(id)).toBe(true);
          for (const holder of world.holders) expect(holder.stored.toSorted()).toEqual(live);
        } finally {
          world.close();
        }
      }),
      { numRuns: Number(process.env.UPKEEP_RUNS ?? 30), interruptAfterTimeLimit: 30_000 },
    );
  }, 600_000);
});
