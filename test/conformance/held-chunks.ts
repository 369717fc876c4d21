/** What every store of a holder's own chunks keeps beyond ChunkStore: tallies, removal, the trash. Run by chunk-store.test.ts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../src/model/ids.ts';
import type { HeldChunks } from '../../src/store/held-chunks.ts';
import { codeOf, sampleChunk, sampleChunks } from './chunk-store.ts';

export interface HeldChunksUnderTest {
  readonly store: HeldChunks;
  readonly damage: (digest: Digest) => Promise<void>;
  end(): Promise<void>;
}

export function heldChunksConformance(name: string, start: () => Promise<HeldChunksUnderTest>): void {
  describe(`${name} keeps the promises of HeldChunks`, () => {
    let under: HeldChunksUnderTest;
    let store: HeldChunks;
    const [chunk, other] = [sampleChunk('held'), sampleChunk('other', 500)];
    const { digest } = chunk;
    beforeEach(async () => {
      under = await start();
      store = under.store;
      await store.put(chunk);
    });
    afterEach(() => under.end());

    const listed = async (): Promise<Digest[]> => {
      const all: Digest[] = [];
      for await (const one of store.list()) all.push(one);
      return all;
    };

    it('counts and lists what is in its place, and removes it for good', async () => {
      await store.put(other);
      expect(store.usage()).toMatchObject({ chunks: 2, bytes: 1500, trashChunks: 0, trashBytes: 0 });
      expect(await store.remove(digest)).toBe(true);
      expect(await store.remove(digest)).toBe(false);
      expect(await listed()).toEqual([other.digest]);
      expect(store.usage()).toMatchObject({ chunks: 1, bytes: 500 });
    });

    it('puts a chunk into the trash: not listed, not "here", and still delivered (L4)', async () => {
      expect(await store.toTrash(digest)).toBe(true);
      expect(await store.toTrash(digest)).toBe(false);
      expect(await store.has([digest])).toEqual([false]);
      expect(await store.has([digest, other.digest], { trash: true })).toEqual([true, false]);
      expect(await store.get(digest)).toEqual(chunk.bytes);
      expect(await listed()).toEqual([]);
      expect(store.usage()).toMatchObject({ chunks: 0, bytes: 0, trashChunks: 1, trashBytes: 1000 });
    });

    it('brings a chunk back from the trash, also by a put (L4)', async () => {
      await store.toTrash(digest);
      expect(await store.fromTrash(digest)).toBe(true);
      expect(await store.fromTrash(digest)).toBe(false);
      expect(await store.has([digest])).toEqual([true]);
      await store.toTrash(digest);
      await store.put(chunk);
      expect(await store.has([digest])).toEqual([true]);
      expect(store.usage()).toMatchObject({ chunks: 1, bytes: 1000, trashChunks: 0, trashBytes: 0 });
    });

    it('purges from the trash only, and removes from its place only', async () => {
      expect(await store.purge(digest)).toBe(false);
      await store.toTrash(digest);
      expect(await store.remove(digest)).toBe(false);
      expect(await store.purge(digest)).toBe(true);
      expect(await store.purge(digest)).toBe(false);
      expect(await store.get(digest)).toBeUndefined();
      expect(store.usage()).toMatchObject({ chunks: 0, trashChunks: 0, trashBytes: 0 });
    });

    it('changes nothing when it is told no at the last moment', async () => {
      const when = (): boolean => false;
      expect(await store.remove(digest, { when })).toBe(false);
      expect(await store.toTrash(digest, { when })).toBe(false);
      expect(await store.has([digest])).toEqual([true]);
      await store.toTrash(digest);
      expect(await store.purge(digest, { when })).toBe(false);
      expect(await store.get(digest)).toEqual(chunk.bytes);
    });

    it('finds damage in the trash, quarantines it, and takes the chunk anew (L5)', async () => {
      await store.toTrash(digest);
      await under.damage(digest);
      expect(await codeOf(store.get(digest))).toBe('corrupt');
      expect(await store.get(digest)).toBeUndefined();
      expect(store.usage()).toMatchObject({ trashChunks: 0, quarantinedChunks: 1, quarantinedBytes: 1000 });
      await store.put(chunk);
      expect(await store.get(digest)).toEqual(chunk.bytes);
    });

    it('does not bring damage back when a chunk in the trash is put again', async () => {
      await store.toTrash(digest);
      await under.damage(digest);
      await store.put(chunk);
      expect(await store.get(digest)).toEqual(chunk.bytes);
      expect(store.usage()).toMatchObject({ chunks: 1, trashChunks: 0, quarantinedChunks: 1 });
    });

    it('stays exact when everything happens at once', async () => {
      const chunks = sampleChunks(10);
      await Promise.all(
        chunks.flatMap((one) => [
          store.put(one),
          store.toTrash(one.digest),
          store.put(one),
          store.toTrash(one.digest),
          store.fromTrash(one.digest),
          store.toTrash(one.digest),
          store.purge(one.digest),
        ]),
      );
      const here = await store.has(chunks.map((one) => one.digest));
      const reachable = await Promise.all(chunks.map((one) => store.get(one.digest)));
      const kept = here.filter(Boolean).length;
      const inTrash = reachable.filter((bytes) => bytes !== undefined).length - kept;
      expect(store.usage()).toMatchObject({
        chunks: kept + 1,
        bytes: 1000 * (kept + 1),
        trashChunks: inTrash,
        trashBytes: 1000 * inTrash,
      });
    });
  });
}
