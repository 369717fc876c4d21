import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { isVaultError, VaultError } from '../../src/model/errors.ts';
import { cidText, type Digest, groupOf, keyOf } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { chunkPath } from '../../src/store/chunk-files.ts';
import { QUARANTINE_BYTES } from '../../src/store/chunk-shelves.ts';
import type { SealedChunk } from '../../src/store/chunk-store.ts';
import { DiskStore } from '../../src/store/disk-store.ts';
import { HolderBooks } from '../../src/store/holder-books.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { wrappedDisk } from './wrapped-disk.ts';

const FOLDER = '/peer/chunks';
const open = (disk: MemoryDisk, onDamage?: (digest: Digest) => void): Promise<DiskStore> =>
  DiskStore.open({ disk, folder: FOLDER, self: 'self', ...(onDamage ? { onDamage } : {}) });
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 3 ? byte ^ 8 : byte));
const damage = (disk: MemoryDisk, { digest }: SealedChunk): boolean =>
  disk.damage(chunkPath(FOLDER, digest), flip);

async function listed(store: DiskStore, group?: number): Promise<string[]> {
  const names: string[] = [];
  for await (const digest of store.list(group)) names.push(keyOf(digest));
  return names;
}

/** What lies on the disk, counted without the store. */
async function onDisk(disk: MemoryDisk, trash = false): Promise<{ chunks: number; bytes: number }> {
  const inGroups = disk
    .paths()
    .filter((path) => /\/[0-9a-f]{2}\/bafkrei[a-z2-7]{52}$/.test(path) && path.includes('/trash/') === trash);
  const sizes = await Promise.all(inGroups.map(async (path) => (await disk.stat(path))?.size ?? 0));
  return { chunks: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

let disk: MemoryDisk;
beforeEach(() => {
  disk = new MemoryDisk();
});

describe('the layout', () => {
  test('keeps a chunk in the folder of its group under its public name (C5, P3)', async () => {
    const chunk = sampleChunk('layout');
    await (await open(disk)).put(chunk);
    const group = groupOf(chunk.digest).toString(16).padStart(2, '0');
    expect(disk.paths()).toEqual([`${FOLDER}/${group}/${cidText(chunk.digest)}`]);
  });

  test('leaves files alone that are not chunks, or lie in a wrong folder', async () => {
    const chunk = sampleChunk('stranger');
    const wrong = (groupOf(chunk.digest) ^ 1).toString(16).padStart(2, '0');
    const right = groupOf(chunk.digest).toString(16).padStart(2, '0');
    const name = cidText(chunk.digest);
    const strangers = [
      `${wrong}/${name}`,
      `${right}/${name}.bak`,
      `${right}/${name.slice(0, -1)}b`,
      `${right}/x`,
    ];
    for (const path of [...strangers, `00/notes.txt`, 'readme']) {
      await disk.write(`${FOLDER}/${path}`, [chunk.bytes]);
    }
    const store = await open(disk);
    expect(store.usage()).toMatchObject({ chunks: 0, bytes: 0 });
    expect(await listed(store)).toEqual([]);
    expect(await store.get(chunk.digest)).toBeUndefined();
    expect(disk.paths()).toHaveLength(6);
  });

  test('lists all chunks, or those of one group', async () => {
    const store = await open(disk);
    const chunks = sampleChunks(600, 10);
    await Promise.all(chunks.map((chunk) => store.put(chunk)));
    expect((await listed(store)).toSorted()).toEqual(chunks.map((c) => keyOf(c.digest)).toSorted());
    expect((await listed(store, 7)).toSorted()).toEqual(
      chunks.flatMap((c) => (groupOf(c.digest) === 7 ? [keyOf(c.digest)] : [])).toSorted(),
    );
  });
});

describe('crashes', () => {
  test('a power cut loses no acknowledged chunk and leaves no torn one in sight (L5)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.integer({ min: 0, max: 60 }), async (seed, steps) => {
        const random = new SeededRandom(seed);
        const pace = async (): Promise<void> => {
          for (let left = Math.floor(random.fraction() * 20); left > 0; left--) await Promise.resolve();
        };
        const torn = new MemoryDisk({ random, pace });
        const store = await open(torn);
        const acknowledged: SealedChunk[] = [];
        const puts = sampleChunks(12).map(async (chunk) => {
          await store.put(chunk);
          acknowledged.push(chunk);
        });
        for (let step = 0; step < steps; step++) await Promise.resolve();
        const before = [...acknowledged];
        torn.crash();
        await Promise.allSettled(puts);

        const again = await open(torn);
        expect(torn.paths().filter((path) => path.endsWith('.part'))).toEqual([]);
        for (const chunk of before) expect(await again.get(chunk.digest)).toEqual(chunk.bytes);
        for await (const digest of again.list()) expect(await again.get(digest)).toBeDefined();
        expect(again.usage()).toMatchObject({ ...(await onDisk(torn)), quarantinedChunks: 0 });
      }),
      { numRuns: 60 },
    );
  });

  test('makes a folder durable before it says "here" for what an earlier process wrote (L5)', async () => {
    const chunks = sampleChunks(400, 10);
    const first = await open(disk);
    await Promise.all(chunks.map((chunk) => first.put(chunk)));
    const written: string[] = [];
    const counting = wrappedDisk(disk, (inner) => ({
      write: (path, parts) => {
        written.push(path);
        return inner.write(path, parts);
      },
    }));
    const store = await DiskStore.open({ disk: counting, folder: FOLDER, self: 'self' });
    const digests = chunks.map((chunk) => chunk.digest);
    expect(await store.has(digests)).toEqual(digests.map(() => true));
    const groups = new Set(digests.map(groupOf));
    expect(new Set(written.map((path) => path.split('/').at(-2))).size).toBe(groups.size);
    written.length = 0;
    await store.has(digests);
    for (const chunk of chunks) await store.put(chunk);
    expect(written).toEqual([]);
  });

  test('does not acknowledge what a failed write may have left, until it is written again (L5)', async () => {
    const chunk = sampleChunk('doubtful');
    let failures = 1;
    const failing = wrappedDisk(disk, (inner) => ({
      write: async (path, parts) => {
        await inner.write(path, parts);
        if (failures-- > 0) throw new VaultError('io', 'the folder could not be synced');
      },
    }));
    const store = await DiskStore.open({ disk: failing, folder: FOLDER, self: 'self' });
    expect(await codeOf(store.put(chunk))).toBe('io');
    expect(store.usage()).toMatchObject({ chunks: 1, bytes: chunk.bytes.length });
    expect(await store.has([chunk.digest])).toEqual([false]);
    failures = 0;
    await store.put(chunk);
    expect(await store.has([chunk.digest])).toEqual([true]);
    expect(store.usage()).toMatchObject({ chunks: 1, bytes: chunk.bytes.length });
  });
});

describe('the trash', () => {
  test('lies in folders of its own, and survives a restart', async () => {
    const store = await open(disk);
    const chunk = sampleChunk('trash');
    await store.put(chunk);
    await store.toTrash(chunk.digest);
    expect(disk.paths()).toEqual([chunkPath(FOLDER, chunk.digest, 'trash')]);
    expect(disk.paths()[0]).toContain(`${FOLDER}/trash/`);
    const again = await open(disk);
    expect(again.usage()).toEqual(store.usage());
    expect(await again.get(chunk.digest)).toEqual(chunk.bytes);
    expect(await listed(again)).toEqual([]);
  });

  test('does not hold a second copy of what is in its place', async () => {
    const chunk = sampleChunk('double');
    const store = await open(disk);
    await store.put(chunk);
    await disk.write(chunkPath(FOLDER, chunk.digest, 'trash'), [chunk.bytes]);
    expect((await open(disk)).usage()).toMatchObject({ chunks: 1, trashChunks: 0 });
    expect(disk.paths()).toEqual([chunkPath(FOLDER, chunk.digest)]);
  });

  test('a chunk that could not be brought back durably is not acknowledged (L5)', async () => {
    const chunk = sampleChunk('back');
    let failures = 0;
    const failing = wrappedDisk(disk, (inner) => ({
      move: async (from, to) => {
        await inner.move(from, to);
        if (failures-- > 0) throw new VaultError('io', 'the folder could not be synced');
      },
    }));
    const store = await DiskStore.open({ disk: failing, folder: FOLDER, self: 'self' });
    await store.put(chunk);
    await store.toTrash(chunk.digest);
    failures = 1;
    expect(await codeOf(store.fromTrash(chunk.digest))).toBe('io');
    expect(await store.has([chunk.digest])).toEqual([false]);
    await store.put(chunk);
    expect(await store.has([chunk.digest])).toEqual([true]);
    expect(store.usage()).toMatchObject({ chunks: 1, trashChunks: 0 });
  });

  test('a chunk that the disk did not let go is where it was, and still acknowledged', async () => {
    const chunk = sampleChunk('stays');
    const store = await open(disk);
    await store.put(chunk);
    disk.fault = (operation) => {
      if (operation === 'move' || operation === 'remove') throw new VaultError('io', 'no');
    };
    expect(await codeOf(store.toTrash(chunk.digest))).toBe('io');
    expect(await codeOf(store.remove(chunk.digest))).toBe('io');
    disk.fault = undefined;
    expect(await store.has([chunk.digest])).toEqual([true]);
    expect(store.usage()).toMatchObject({ chunks: 1, bytes: 1000 });
  });
});

describe('a chunk that somebody removed behind the store', () => {
  test.each(['get', 'has'] as const)(
    'is found missing by %s, told once, and no longer counted',
    async (ask) => {
      const books = HolderBooks.open().vault(new Uint8Array(32));
      const told: string[] = [];
      const onDamage = (digest: Digest): number => told.push(keyOf(digest));
      const store = await DiskStore.open({ disk, folder: FOLDER, self: 'self', books, onDamage });
      const chunk = sampleChunk('gone');
      await store.put(chunk);
      await disk.remove(chunkPath(FOLDER, chunk.digest));
      for (let again = 0; again < 2; again++) {
        if (ask === 'get') expect(await store.get(chunk.digest)).toBeUndefined();
        else expect(await store.has([chunk.digest])).toEqual([false]);
      }
      expect(told).toEqual([keyOf(chunk.digest)]);
      expect(store.usage()).toMatchObject({ chunks: 0, bytes: 0 });
      expect(books.of(chunk.digest)).toBeUndefined();
    },
  );
});

describe('damage', () => {
  test('is quarantined and reported once, however many read at the same time (L5)', async () => {
    const reported: string[] = [];
    const store = await open(disk, (digest) => reported.push(keyOf(digest)));
    const chunk = sampleChunk('rotten');
    await store.put(chunk);
    damage(disk, chunk);
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(store.get(chunk.digest))));
    expect(codes.filter((code) => code === 'corrupt')).toHaveLength(1);
    expect(reported).toEqual([keyOf(chunk.digest)]);
    expect(store.usage()).toEqual({
      chunks: 0,
      bytes: 0,
      trashChunks: 0,
      trashBytes: 0,
      quarantinedChunks: 1,
      quarantinedBytes: chunk.bytes.length,
    });
    expect(disk.paths()).toEqual([`${FOLDER}/quarantine/${cidText(chunk.digest)}`]);
    expect((await open(disk)).usage()).toEqual(store.usage());
  });

  test.each([
    ['cut short', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['emptied', () => new Uint8Array(0)],
    ['blown up', () => new Uint8Array(20_000_000)],
  ])('is found in a file that was %s', async (_, change) => {
    const store = await open(disk);
    const chunk = sampleChunk('resized');
    await store.put(chunk);
    disk.damage(chunkPath(FOLDER, chunk.digest), change);
    expect(await codeOf(store.get(chunk.digest))).toBe('corrupt');
    expect(await store.get(chunk.digest)).toBeUndefined();
  });

  test('keeps no more evidence than its bound', async () => {
    const store = await open(disk);
    const chunks = Array.from({ length: 20 }, (_, i) => sampleChunk(i, 4_000_000));
    for (const chunk of chunks) {
      await store.put(chunk);
      damage(disk, chunk);
      expect(await codeOf(store.get(chunk.digest))).toBe('corrupt');
    }
    expect(store.usage()).toMatchObject({ chunks: 0, bytes: 0, quarantinedChunks: 16 });
    expect(store.usage().quarantinedBytes).toBeLessThanOrEqual(QUARANTINE_BYTES);
  });
});

describe('accounting', () => {
  const chunks = Array.from({ length: 8 }, (_, i) => sampleChunk(i, 100 + i));
  const step = fc.record({
    act: fc.constantFrom(...(['put', 'put', 'remove', 'get', 'rot', 'trash', 'back', 'purge'] as const)),
    which: fc.nat(chunks.length - 1),
    fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });

  test('stays exact under puts, removals, damage and failures at the same time, and across restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const inner = new MemoryDisk();
        const store = await open(inner);
        let failNext = false;
        inner.fault = (operation) => {
          if (!failNext || operation === 'stat' || operation === 'read') return;
          failNext = false;
          throw new VaultError('io', 'rehearsed failure');
        };
        const run = async ({ act, which, fails }: (typeof steps)[number]): Promise<unknown> => {
          const chunk = chunks[which] ?? sampleChunk(0);
          failNext ||= fails;
          if (act === 'put') return store.put(chunk);
          if (act === 'remove') return store.remove(chunk.digest);
          if (act === 'rot') return damage(inner, chunk);
          if (act === 'trash') return store.toTrash(chunk.digest);
          if (act === 'back') return store.fromTrash(chunk.digest);
          if (act === 'purge') return store.purge(chunk.digest);
          return store.get(chunk.digest);
        };
        const results = await Promise.allSettled(steps.map(run));
        for (const result of results) {
          if (result.status === 'rejected') expect(isVaultError(result.reason, 'io', 'corrupt')).toBe(true);
        }
        inner.fault = undefined;
        expect(store.usage()).toMatchObject(await onDisk(inner));
        const trash = await onDisk(inner, true);
        expect(store.usage()).toMatchObject({ trashChunks: trash.chunks, trashBytes: trash.bytes });
        expect((await open(inner)).usage()).toEqual(store.usage());
      }),
      { numRuns: 150 },
    );
  });

  test('counts a few files at a time when it opens, never all of them', async () => {
    const first = await open(disk);
    await Promise.all(sampleChunks(2000, 10).map((chunk) => first.put(chunk)));
    let running = 0;
    let most = 0;
    const counting = wrappedDisk(disk, (inner) => ({
      stat: async (path) => {
        most = Math.max(most, ++running);
        const found = await inner.stat(path);
        running--;
        return found;
      },
    }));
    const store = await DiskStore.open({ disk: counting, folder: FOLDER, self: 'self' });
    expect(store.usage()).toMatchObject({ chunks: 2000, bytes: 20_000 });
    expect(most).toBeLessThanOrEqual(64);
  });
});
