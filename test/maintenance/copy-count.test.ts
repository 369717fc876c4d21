import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CopyCount, type CountedHolder } from '../../src/maintenance/copy-count.ts';
import { VaultError } from '../../src/model/errors.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';

const digest = (n: number): Digest => new Uint8Array(createHash('sha256').update(`chunk ${n}`).digest());

function holder(peer: string, zone: string, has: (n: number) => boolean): CountedHolder {
  const known = new Set<string>();
  for (let n = 0; n < 10_000; n++) if (has(n)) known.add(keyOf(digest(n)));
  return {
    peer,
    zone,
    chunks: { has: (digests) => Promise.resolve(digests.map((one) => known.has(keyOf(one)))) },
  };
}

const all = Array.from({ length: 10_000 }, (_, n) => digest(n));

describe('CopyCount', () => {
  it('counts peers and zones of each chunk, over many batches (P2)', async () => {
    const count = await CopyCount.ask(all, [
      holder('a', 'home', () => true),
      holder('b', 'home', (n) => n % 2 === 0),
      holder('c', 'office', (n) => n % 5 === 0),
    ]);
    expect(count.chunks).toBe(10_000);
    expect(count.of(digest(1))).toEqual({ peers: 1, zones: 1 });
    expect(count.of(digest(2))).toEqual({ peers: 2, zones: 1 });
    expect(count.of(digest(5))).toEqual({ peers: 2, zones: 2 });
    expect(count.of(digest(9990))).toEqual({ peers: 3, zones: 2 });
    expect(count.histogram()).toEqual([0, 4000, 5000, 1000]);
  });

  it('counts nothing for a holder that stops answering, and names it (S4)', async () => {
    let calls = 0;
    const dying: CountedHolder = {
      ...holder('b', 'office', () => true),
      chunks: {
        has: (digests) =>
          ++calls > 1
            ? Promise.reject(new VaultError('unavailable', 'gone'))
            : Promise.resolve(digests.map(() => true)),
      },
    };
    const count = await CopyCount.ask(all, [holder('a', 'home', () => true), dying]);
    expect(count.silent).toEqual(['b']);
    expect(count.histogram()).toEqual([0, 10_000]);
  });

  it('says zero for a chunk nobody asked for, and for a vault without holders', async () => {
    expect((await CopyCount.ask([], [])).of(digest(1))).toEqual({ peers: 0, zones: 0 });
    expect((await CopyCount.ask(all, [])).histogram()).toEqual([10_000]);
  });
});
