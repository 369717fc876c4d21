import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isVaultError } from '../../src/model/errors.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Budget, type BudgetOptions } from '../../src/store/budget.ts';
import { DiskStore } from '../../src/store/disk-store.ts';
import { QuotaStore } from '../../src/store/quota-store.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';

interface Limited {
  readonly disk: MemoryDisk;
  readonly store: QuotaStore;
  readonly budget: Budget;
  readonly clock: SimulatedClock;
}

async function limited(limits: Partial<BudgetOptions>, totalBytes = 2 ** 40, seed = ''): Promise<Limited> {
  const random = new SeededRandom(seed);
  const pace = async (): Promise<void> => {
    for (let left = Math.floor(random.fraction() * 9); left > 0; left--) await Promise.resolve();
  };
  const disk = new MemoryDisk({ totalBytes, random, pace });
  const inner = await DiskStore.open({ disk, folder: '/chunks', self: 'self' });
  const clock = new SimulatedClock();
  const budget = new Budget({
    capacityBytes: 2 ** 40,
    floorBytes: 0,
    logRoomBytes: 0,
    clock,
    occupied: () => ({ chunks: inner.usage().chunks, chunkBytes: inner.usage().bytes, logBytes: 0 }),
    space: () => disk.space('/chunks'),
    ...limits,
  });
  return { disk, store: new QuotaStore(inner, (bytes) => budget.reserve(bytes, 'chunk')), budget, clock };
}

const usedBytes = async (disk: MemoryDisk): Promise<number> => {
  const { totalBytes, freeBytes } = await disk.space('/');
  return totalBytes - freeBytes;
};

describe('a quota', () => {
  test('takes what fits exactly, refuses the next byte, and takes it again after a removal', async () => {
    const { store } = await limited({ capacityBytes: 3000 });
    const chunks = sampleChunks(4);
    for (const chunk of chunks.slice(0, 3)) await store.put(chunk);
    expect(await codeOf(store.put(sampleChunk('one more byte', 1)))).toBe('no-space');
    expect(store.usage()).toMatchObject({ chunks: 3, bytes: 3000 });
    await store.remove(chunks[0]?.digest ?? new Uint8Array());
    await store.put(chunks[3] ?? sampleChunk(3));
    expect(store.usage()).toMatchObject({ chunks: 3, bytes: 3000 });
  });

  test('is never exceeded, at any moment, however many put and remove at once (S4)', async () => {
    const step = fc.record({ put: fc.boolean(), which: fc.nat(11), size: fc.integer({ min: 1, max: 900 }) });
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.array(step, { maxLength: 60 }), async (seed, steps) => {
        const { disk, store } = await limited({ capacityBytes: 3000 }, 2 ** 40, seed);
        let most = 0;
        const ends = steps.map(async ({ put, which, size }, i) => {
          for (let wait = i % 7; wait > 0; wait--) await Promise.resolve();
          const chunk = sampleChunk(which, size);
          await (put ? store.put(chunk) : store.remove(chunk.digest));
          most = Math.max(most, await usedBytes(disk));
        });
        for (const end of await Promise.allSettled(ends)) {
          if (end.status === 'rejected') expect(isVaultError(end.reason, 'no-space')).toBe(true);
        }
        expect(most).toBeLessThanOrEqual(3000);
        expect(store.usage().bytes).toBe(await usedBytes(disk));
      }),
      { numRuns: 100 },
    );
  });

  test('refuses no chunk for lack of room that the chunks put before it leave', async () => {
    const { store } = await limited({ capacityBytes: 20_000 });
    await Promise.all(sampleChunks(20).map((chunk) => store.put(chunk)));
    expect(store.usage()).toMatchObject({ chunks: 20, bytes: 20_000 });
  });

  test('a full peer still acknowledges the chunks it has', async () => {
    const { store } = await limited({ capacityBytes: 1000 });
    const chunk = sampleChunk('here');
    await store.put(chunk);
    expect(await store.put(chunk)).toMatchObject({ holders: ['self'] });
  });

  test('acknowledges the last chunk that fits to all who put it at once', async () => {
    const { store } = await limited({ capacityBytes: 1000 });
    const chunk = sampleChunk('last');
    const results = await Promise.all([1, 2, 3].map(() => codeOf(store.put(chunk))));
    expect(results).toEqual(['no error', 'no error', 'no error']);
    expect(store.usage()).toMatchObject({ chunks: 1, bytes: 1000 });
  });

  test('limits the number of chunks too', async () => {
    const { store } = await limited({ maxChunks: 2 });
    const results = await Promise.all(sampleChunks(5).map((chunk) => codeOf(store.put(chunk))));
    expect(results.toSorted()).toEqual(['no error', 'no error', 'no-space', 'no-space', 'no-space']);
  });
});

describe('the floor of free disk (P2)', () => {
  test('is kept, however many put at once', async () => {
    const { disk, store } = await limited({ floorBytes: 4000 }, 10_000);
    const results = await Promise.all(sampleChunks(12).map((chunk) => codeOf(store.put(chunk))));
    expect(results.filter((result) => result === 'no error')).toHaveLength(6);
    expect((await disk.space('/')).freeBytes).toBe(4000);
  });

  test('counts what others write on the same disk', async () => {
    const { disk, store, clock } = await limited({ floorBytes: 4000 }, 10_000);
    await store.put(sampleChunk(0));
    await disk.write('/other', [new Uint8Array(4500)]);
    await clock.advance(2000);
    expect(await codeOf(store.put(sampleChunk(1)))).toBe('no-space');
    await disk.remove('/other');
    await store.put(sampleChunk(1));
  });
});

describe('the room of logs', () => {
  test('is left free by chunks, and logs may use it', async () => {
    const { store, budget } = await limited({ capacityBytes: 3000, logRoomBytes: 1000 });
    await store.put(sampleChunk(0));
    await store.put(sampleChunk(1));
    expect(budget.acceptableBytes()).toBe(0);
    expect(await codeOf(store.put(sampleChunk(2)))).toBe('no-space');
    const release = await budget.reserve(1000, 'log');
    expect(await codeOf(budget.reserve(1, 'log'))).toBe('no-space');
    release();
    release();
    expect(await codeOf(budget.reserve(1001, 'log'))).toBe('no-space');
    await budget.reserve(1000, 'log');
  });

  test('lets a commit through where the floor stops chunks', async () => {
    const { store, budget } = await limited({ floorBytes: 4000 }, 4500);
    expect(await codeOf(store.put(sampleChunk(0)))).toBe('no-space');
    await budget.reserve(1000, 'log');
    expect(await codeOf(budget.reserve(1600, 'log'))).toBe('no-space');
  });
});
