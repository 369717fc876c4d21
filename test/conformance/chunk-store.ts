/** What every ChunkStore keeps, whatever it is made of: run by chunk-store.test.ts, and by the stores of higher floors. */
import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesEqual } from '../../src/model/bytes.ts';
import { MAX_SEALED_BYTES } from '../../src/model/chunk-limits.ts';
import { isVaultError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/ids.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import type { ChunkStore, SealedChunk } from '../../src/store/chunk-store.ts';

export interface StoreUnderTest {
  readonly store: ChunkStore;
  /** Flips a byte of what is stored, behind the store's back. Absent where the store hides what it stands on. */
  readonly damage?: (digest: Digest) => Promise<void>;
  end(): Promise<void>;
}

/** A chunk of its own for each `seed` and size; the same ones give the same chunk. */
export function sampleChunk(seed: string | number, size = 1000): SealedChunk {
  const bytes = new Uint8Array(size).fill(0xa5);
  bytes.set(new SeededRandom(`chunk ${seed}`).bytes(Math.min(size, 64)));
  return { digest: new Uint8Array(hash('sha256', bytes, 'buffer')), bytes };
}

export function sampleChunks(count: number, size?: number): SealedChunk[] {
  return Array.from({ length: count }, (_, i) => sampleChunk(i, size));
}

/** The code of the VaultError that `work` ends with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (isVaultError(error)) return error.code;
    throw error;
  }
  return 'no error';
}

export function chunkStoreConformance(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the promises of a ChunkStore`, () => {
    let under: StoreUnderTest;
    let store: ChunkStore;
    beforeEach(async () => {
      under = await start();
      store = under.store;
    });
    afterEach(() => under.end());

    it('gives back the bytes that were put, and names who keeps them', async () => {
      const chunk = sampleChunk('one');
      const { holders } = await store.put(chunk);
      expect(holders.length).toBeGreaterThan(0);
      expect(new Set(holders).size).toBe(holders.length);
      expect(await store.get(chunk.digest)).toEqual(chunk.bytes);
    });

    it('looks no more at bytes that it says are unused', async () => {
      const { digest, bytes } = sampleChunk('one');
      const mine = bytes.slice();
      const { unused } = await store.put({ digest, bytes: mine });
      if (unused) mine.fill(0);
      expect(await store.get(digest)).toEqual(bytes);
    });

    it('answers undefined for a chunk it does not have', async () => {
      expect(await store.get(sampleChunk('absent').digest)).toBeUndefined();
    });

    it('puts the same chunk again without harm', async () => {
      const chunk = sampleChunk('twice');
      const first = await store.put(chunk);
      expect((await store.put(chunk)).holders.toSorted()).toEqual(first.holders.toSorted());
      expect(await store.get(chunk.digest)).toEqual(chunk.bytes);
    });

    it('puts many chunks at once, among them the same ones', async () => {
      const chunks = sampleChunks(20);
      await Promise.all([...chunks, ...chunks, ...chunks].map((chunk) => store.put(chunk)));
      for (const chunk of chunks) expect(await store.get(chunk.digest)).toEqual(chunk.bytes);
    });

    it('looks up many names in order', async () => {
      const chunks = sampleChunks(9);
      for (const chunk of chunks.slice(3, 6)) await store.put(chunk);
      expect(await store.has(chunks.map((chunk) => chunk.digest))).toEqual(
        chunks.map((_, i) => i >= 3 && i < 6),
      );
      expect(await store.has([])).toEqual([]);
    });

    it('refuses bytes that do not match their name (L5)', async () => {
      const { digest, bytes } = sampleChunk('honest');
      expect(await codeOf(store.put({ digest, bytes: bytes.slice(1) }))).toBe('corrupt');
      expect(await store.get(digest)).toBeUndefined();
      expect(await store.has([digest])).toEqual([false]);
    });

    it('takes the largest chunk there is, and refuses larger and empty ones', async () => {
      const largest = sampleChunk('largest', MAX_SEALED_BYTES);
      await store.put(largest);
      const stored = await store.get(largest.digest);
      expect(stored && bytesEqual(stored, largest.bytes)).toBe(true);
      expect(await codeOf(store.put(sampleChunk('too large', MAX_SEALED_BYTES + 1)))).toBe('corrupt');
      expect(await codeOf(store.put(sampleChunk('empty', 0)))).toBe('corrupt');
    });

    it('hands out copies: nobody changes what is stored by changing what they got', async () => {
      const chunk = sampleChunk('copied');
      await store.put({ digest: chunk.digest, bytes: chunk.bytes.slice() });
      (await store.get(chunk.digest))?.fill(0);
      expect(await store.get(chunk.digest)).toEqual(chunk.bytes);
    });

    it('begins nothing for a caller that has given up', async () => {
      const signal = AbortSignal.abort(new Error('given up'));
      const chunk = sampleChunk('given up');
      await expect(store.put(chunk, { signal })).rejects.toThrow('given up');
      await expect(store.get(chunk.digest, { signal })).rejects.toThrow('given up');
      await expect(store.has([chunk.digest], { signal })).rejects.toThrow('given up');
      expect(await store.get(chunk.digest)).toBeUndefined();
    });

    it('finds a flipped byte on read, says corrupt once, and then does not have the chunk (L5)', async () => {
      if (!under.damage) return;
      const [rotten, sound] = [sampleChunk('rotten'), sampleChunk('sound')];
      await store.put(rotten);
      await store.put(sound);
      await under.damage(rotten.digest);
      expect(await codeOf(store.get(rotten.digest))).toBe('corrupt');
      expect(await store.get(rotten.digest)).toBeUndefined();
      expect(await store.has([rotten.digest, sound.digest])).toEqual([false, true]);
      await store.put(rotten);
      expect(await store.get(rotten.digest)).toEqual(rotten.bytes);
    });

    it('makes a damaged chunk whole when it is put again, before anybody noticed (L5)', async () => {
      if (!under.damage) return;
      const chunk = sampleChunk('rotten');
      await store.put(chunk);
      await under.damage(chunk.digest);
      await store.put(chunk);
      expect(await store.get(chunk.digest)).toEqual(chunk.bytes);
    });
  });
}
