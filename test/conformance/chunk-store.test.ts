import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Budget } from '../../src/store/budget.ts';
import { chunkPath } from '../../src/store/chunk-files.ts';
import { DiskStore } from '../../src/store/disk-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { QuotaStore } from '../../src/store/quota-store.ts';
import { chunkStoreConformance } from './chunk-store.ts';
import { type HeldChunksUnderTest, heldChunksConformance } from './held-chunks.ts';

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte));

function both(name: string, start: () => Promise<HeldChunksUnderTest>): void {
  chunkStoreConformance(name, start);
  heldChunksConformance(name, start);
}

both('MemoryStore', async () => {
  const store = new MemoryStore('self');
  return {
    store,
    damage: async (digest) => void store.damage(digest),
    end: async () => {},
  };
});

both('DiskStore on a rehearsed disk', async () => {
  const disk = new MemoryDisk();
  return {
    store: await DiskStore.open({ disk, folder: '/chunks', self: 'self' }),
    damage: async (digest) => {
      disk.damage(chunkPath('/chunks', digest), flipped);
      disk.damage(chunkPath('/chunks', digest, 'trash'), flipped);
    },
    end: async () => {},
  };
});

both('DiskStore on the real disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-chunks-'));
  return {
    store: await DiskStore.open({ disk: nodeDisk(), folder, self: 'self' }),
    damage: async (digest) => {
      const kept = chunkPath(folder, digest);
      const path = (await nodeDisk().stat(kept)) ? kept : chunkPath(folder, digest, 'trash');
      await writeFile(path, flipped(new Uint8Array(await readFile(path))));
    },
    end: () => rm(folder, { recursive: true }),
  };
});

both('QuotaStore', async () => {
  const inner = new MemoryStore('self');
  const budget = new Budget({
    capacityBytes: 2 ** 40,
    floorBytes: 0,
    clock: new SimulatedClock(),
    occupied: () => ({ chunks: inner.usage().chunks, chunkBytes: inner.usage().bytes, logBytes: 0 }),
    space: async () => ({ totalBytes: 2 ** 40, freeBytes: 2 ** 40 }),
  });
  return {
    store: new QuotaStore(inner, (bytes) => budget.reserve(bytes, 'chunk')),
    damage: async (digest) => void inner.damage(digest),
    end: async () => {},
  };
});
