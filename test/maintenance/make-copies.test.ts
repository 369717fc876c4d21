/** Repair by hand: worst first, one read for each chunk, in order of placement, past holders that cannot take it (R1, P3). */
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/crypto/digest.ts';
import { CopyCount } from '../../src/maintenance/copy-count.ts';
import { type MadeCopies, makeCopies } from '../../src/maintenance/make-copies.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { VaultError } from '../../src/model/errors.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

const PEERS = ['a', 'b', 'c', 'd'];
const chunks = Array.from({ length: 20 }, (_, n) => utf8(`chunk ${n}`)).map((bytes) => ({
  digest: digestOf(bytes),
  bytes,
}));

async function repair(
  here: Readonly<Record<string, number>>,
  full: readonly string[] = [],
  counted: readonly string[] = PEERS,
) {
  const stores = new Map(PEERS.map((peer) => [peer, new MemoryStore(peer)]));
  for (const [peer, upTo] of Object.entries(here)) {
    for (const chunk of chunks.slice(0, upTo)) await stores.get(peer)?.put(chunk);
  }
  const all = [...stores].map(([peer, store]) => ({ peer, zone: peer, chunks: store }));
  const holders = all.filter(({ peer }) => counted.includes(peer));
  const digests = chunks.map(({ digest }) => digest);
  const steps: number[] = [];
  const made: MadeCopies = await makeCopies({
    count: await CopyCount.ask(digests, holders),
    copies: 3,
    reader: { get: async (digest) => (await stores.get('a')?.get(digest)) ?? stores.get('b')?.get(digest) },
    orderOf: () => counted,
    writerOf: (peer) => {
      if (!full.includes(peer)) return stores.get(peer) ?? new MemoryStore(peer);
      return { put: () => Promise.reject(new VaultError('no-space', 'full')) };
    },
    onProgress: (done) => steps.push(done),
  });
  const count = await CopyCount.ask(digests, holders);
  return { made, histogram: count.histogram(), steps };
}

describe('makeCopies', () => {
  it('brings every chunk that somebody has to its copies, and leaves the rest alone', async () => {
    const { made, histogram, steps } = await repair({ a: 15, b: 10, c: 5 });
    expect(made).toMatchObject({ chunksShort: 10, copiesMade: 5 + 2 * 5, stillShort: 0, nowhere: 5 });
    expect(histogram).toEqual([5, 0, 0, 15]);
    expect(steps).toHaveLength(15);
  });

  it('passes over a holder that is full, and counts what stays short', async () => {
    expect((await repair({ a: 20, b: 20 }, ['c'])).histogram).toEqual([0, 0, 0, 20]);
    const { made } = await repair({ a: 20 }, ['c', 'd']);
    expect(made).toMatchObject({ chunksShort: 20, copiesMade: 20, stillShort: 20 });
  });

  it('reads from a peer that counts no more, and copies what only that one has', async () => {
    const { made, histogram } = await repair({ a: 20, b: 4 }, [], ['b', 'c', 'd']);
    expect(made).toMatchObject({ chunksShort: 20, copiesMade: 4 * 2 + 16 * 3, stillShort: 0, nowhere: 0 });
    expect(histogram).toEqual([0, 0, 0, 20]);
  });

  it('does nothing when nothing is short', async () => {
    expect((await repair({ a: 20, b: 20, d: 20 })).made).toMatchObject({
      chunksShort: 0,
      copiesMade: 0,
      bytesMoved: 0,
      stillShort: 0,
      nowhere: 0,
    });
  });
});
