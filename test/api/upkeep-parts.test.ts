/** Small decisions of a vault's upkeep: which part a check reads, who is meant by a name, whom the owner gives up (R1). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HolderView, lostMembers } from '../../src/api/ask-holders.ts';
import { chooseSubset } from '../../src/api/check-subset.ts';
import { findPeer } from '../../src/api/find-peer.ts';
import { digestOf } from '../../src/crypto/digest.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { DigestTable } from '../../src/model/digest-table.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

const table = new DigestTable();
for (let n = 0; n < 1000; n++) table.add(digestOf(utf8(`chunk ${n}`)));
const choose = (subset: Parameters<typeof chooseSubset>[1], seed = 1): number[] => [
  ...chooseSubset(table, subset, new SeededRandom(seed), () => 1000),
];

describe('the part of the data that a check reads', () => {
  it('is all of it unless said, and any share by chance', () => {
    expect(choose(undefined)).toHaveLength(1000);
    expect(choose({ percent: 5 })).toHaveLength(50);
    expect(choose({ percent: 0.01 })).toHaveLength(1);
    expect(new Set(choose({ percent: 100 })).size).toBe(1000);
    expect(choose({ percent: 5 }, 1)).not.toEqual(choose({ percent: 5 }, 2));
  });

  it('n/t: all parts together are everything, each chunk once, the same every time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (of) => {
        const parts = Array.from({ length: of }, (_, i) => choose({ part: i + 1, of }, i));
        expect(parts.flat().sort((a, b) => a - b)).toEqual(choose(undefined));
        expect(choose({ part: of, of }, 99)).toEqual(parts.at(-1));
      }),
      { numRuns: 20 },
    );
    expect(() => choose({ part: 3, of: 2 })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('of so many bytes ends with the chunk that makes them full', () => {
    expect(choose({ bytes: 1 })).toHaveLength(1);
    expect(choose({ bytes: 2500 })).toHaveLength(3);
    expect(choose({ bytes: 1e9 })).toHaveLength(1000);
  });
});

describe('a peer that somebody names', () => {
  const names = new Map([
    ['12D3KooWabcd', 'nas'],
    ['12D3KooWefgh', 'pi'],
    ['12D3KooWijgh', 'pi'],
  ]);
  const find = (wanted: string): string =>
    findPeer([...names.keys()], (peer) => names.get(peer) ?? '', wanted);

  it.each([
    ['nas', '12D3KooWabcd'],
    ['12D3KooWefgh', '12D3KooWefgh'],
    ['..efgh', '12D3KooWefgh'],
    ['Wabcd', '12D3KooWabcd'],
  ])('%s', (wanted, peer) => expect(find(wanted)).toBe(peer));

  it.each([
    ['pi', 'ambiguous'],
    ['gh', 'not-found'],
    ['nobody', 'not-found'],
  ])('%s: %s', (wanted, code) => expect(() => find(wanted)).toThrow(expect.objectContaining({ code })));
});

describe('members that the owner gives up', () => {
  const view = (peer: string, ...lost: string[]): HolderView => ({
    peer,
    answer: {
      known: true,
      members: new Uint8Array(32),
      logs: new Uint8Array(32),
      holdings: new Uint8Array(32),
      declines: new Uint8Array(32),
      accepting: true,
      missing: 0,
      missingMs: 0,
      accuses: [],
      silent: lost.map((one) => ({ peer: one, silentMs: 1e9, lost: true })),
      table: undefined,
    },
  });

  it.each([
    ['at least half of those that answer call it lost', [view('b', 'a'), view('c')], ['a']],
    ['fewer than half do', [view('b', 'a'), view('c'), view('d')], []],
    ['nobody answers', [], []],
    ['it answers the owner', [view('b', 'x'), view('c', 'x')], []],
  ])('%s', (_name, views, given) => expect(lostMembers(['a'], views)).toEqual(given));
});
