/** Whom to recruit (8.5): the best ranked strangers, new zones first (P2). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableMember } from '../../src/policy/placement.ts';
import { type PeerFacts, type Ranking, rankPeers } from '../../src/policy/rank-peers.ts';
import { chooseForZones, chooseRecruits, zonesShort } from '../../src/policy/recruit-plan.ts';

/** Peers named "zone/name", best first. */
function ranking(peers: readonly string[]): Ranking {
  return rankPeers(
    peers.map(
      (peer, index): PeerFacts => ({
        peer,
        name: peer,
        zone: peer.split('/')[0] ?? '',
        machine: peer,
        latencyMs: index + 1,
        freeBytes: 1e12 - index,
        capacityBytes: 1e12,
        accepting: true,
        version: '0.1.0',
        reachable: true,
      }),
    ),
  );
}

function members(peers: readonly string[]): TableMember[] {
  return peers.map((peer) => ({ peer, weight: 50, zone: peer.split('/')[0] ?? '' }));
}

function chosen(peers: readonly string[], current: readonly string[], wanted: number): string[] {
  return chooseRecruits({ ranking: ranking(peers), members: members(current), wanted }).map(
    ({ facts }) => facts.peer,
  );
}

describe('chooseRecruits', () => {
  test.each<[string, string[], string[], number, string[]]>([
    ['takes the best of strangers in new zones', ['x/1', 'y/1', 'z/1'], [], 2, ['x/1', 'y/1']],
    ['prefers a worse peer in a new zone', ['x/1', 'x/2', 'y/1'], ['x/0'], 1, ['y/1']],
    ['does not put its recruits into one zone either', ['x/1', 'x/2', 'y/1'], [], 2, ['x/1', 'y/1']],
    ['takes a second in a zone when all are used', ['x/1', 'x/2', 'y/1'], [], 3, ['x/1', 'y/1', 'x/2']],
    ['never takes a member', ['x/0', 'y/1'], ['x/0'], 5, ['y/1']],
    ['takes nobody when nobody is wanted', ['x/1'], [], 0, []],
  ])('%s (P1, P2)', (_, peers, current, wanted, expected) => {
    expect(chosen(peers, current, wanted)).toEqual(expected);
  });

  test('counts the zone of a member that is gone as free again (P2)', () => {
    const need = { ranking: ranking(['x/1', 'y/1']), members: members(['x/0', 'y/0']), wanted: 1 };
    expect(chooseRecruits(need).map(({ facts }) => facts.peer)).toEqual(['x/1']);
    const gone = new Set(['y/0']);
    expect(chooseRecruits({ ...need, gone }).map(({ facts }) => facts.peer)).toEqual(['y/1']);
  });

  test('chooses as many as there are, no one twice, and always from a zone that is used least (P2)', () => {
    const peers = fc.uniqueArray(
      fc.tuple(fc.nat(3), fc.nat(9)).map(([zone, name]) => `${zone}/${name}`),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(peers, peers, fc.nat(8), (candidates, current, wanted) => {
        const recruits = chosen(candidates, current, wanted);
        const strangers = candidates.filter((peer) => !current.includes(peer));
        expect(recruits.length).toBe(Math.min(wanted, strangers.length));
        const all = [...current];
        for (const recruit of recruits) {
          const used = (peer: string): number => all.filter((other) => other[0] === peer[0]).length;
          const open = strangers.filter((peer) => !all.includes(peer));
          const least = Math.min(...open.map(used));
          expect(recruit).toBe(open.find((peer) => used(peer) === least));
          all.push(recruit);
        }
      }),
    );
  });
});

describe('chooseForZones', () => {
  test.each<[string, string[], string[], string[]]>([
    [
      'takes the best of each zone that has no member',
      ['x/1', 'a/9', 'y/1', 'y/2'],
      ['a/1', 'a/2', 'a/3'],
      ['x/1', 'y/1'],
    ],
    ['takes no more than zones are short', ['x/1', 'y/1'], ['a/1', 'a/2', 'b/1'], ['x/1']],
    ['takes nobody when every copy can have its own zone', ['x/1'], ['a/1', 'b/1', 'c/1', 'c/2'], []],
    ['takes nobody from zones that are used already', ['a/7', 'b/7'], ['a/1', 'a/2', 'b/1'], []],
  ])('%s (P2, 8.5)', (_, peers, current, expected) => {
    const all = members(current);
    const facts = { ranking: ranking(peers), members: all, candidates: all, copies: 3 };
    expect(chooseForZones(facts).map(({ facts: { peer } }) => peer)).toEqual(expected);
  });

  test('asks for a new zone where a member cannot keep the group, and for no member (P2)', () => {
    const all = members(['a/1', 'a/2', 'b/1', 'c/1']);
    const candidates = all.slice(0, 3);
    expect(zonesShort({ candidates, copies: 3 })).toBe(1);
    expect(zonesShort({ candidates: all, copies: 3 })).toBe(0);
    const chosen = chooseForZones({
      ranking: ranking(['c/1', 'b/2', 'd/1']),
      members: all,
      candidates,
      copies: 3,
    });
    expect(chosen.map(({ facts: { peer } }) => peer)).toEqual(['d/1']);
  });
});
