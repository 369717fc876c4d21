/** The next holder table (P3): newcomers join by score, members keep their weight, the away stay. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PeerFacts, RankedPeer } from '../../src/policy/rank-peers.ts';
import { rankPeers } from '../../src/policy/rank-peers.ts';
import { MAX_MEMBERS, planTable, weightOfScore } from '../../src/policy/table-plan.ts';

function rank(
  peers: readonly string[],
  zone = (peer: string): string => `zone of ${peer}`,
): readonly RankedPeer[] {
  const facts = peers.map(
    (peer, index): PeerFacts => ({
      peer,
      name: peer,
      zone: zone(peer),
      machine: peer,
      latencyMs: index + 1,
      freeBytes: 1e12 - index,
      capacityBytes: 1e12,
      accepting: true,
      version: '0.1.0',
      reachable: true,
    }),
  );
  return rankPeers(facts).ranked;
}

describe('planTable', () => {
  test('starts with every ranked peer, its weight from its score', () => {
    expect(planTable(undefined, rank(['c', 'b', 'a']), 3)).toEqual({
      version: 1,
      copies: 3,
      members: [
        { peer: 'a', weight: 25, zone: 'zone of a' },
        { peer: 'b', weight: 63, zone: 'zone of b' },
        { peer: 'c', weight: 100, zone: 'zone of c' },
      ],
    });
  });

  test('stays the same object when there is nothing to change', () => {
    const table = planTable(undefined, rank(['a', 'b', 'c']), 3);
    expect(planTable(table, rank(['c', 'b', 'a']), 3)).toBe(table);
    expect(planTable(table, rank(['b']), 3)).toBe(table);
  });

  test('counts up when copies, a zone or the set of members changes', () => {
    const table = planTable(undefined, rank(['a', 'b']), 3);
    expect(planTable(table, [], 2)).toEqual({ ...table, version: 2, copies: 2 });
    const moved = planTable(
      table,
      rank(['a'], () => 'elsewhere'),
      3,
    );
    expect(moved.members[0]).toEqual({ peer: 'a', weight: 100, zone: 'elsewhere' });
    expect(moved.version).toBe(2);
  });

  test('keeps every member and its weight, also of those that are away (R1)', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 10 });
    fc.assert(
      fc.property(names, names, (before, now) => {
        const table = planTable(undefined, rank(before), 3);
        const next = planTable(table, rank(now), 3);
        for (const member of table.members) expect(next.members).toContainEqual(member);
        expect(new Set(next.members.map((member) => member.peer))).toEqual(new Set([...before, ...now]));
        expect(next.version - table.version).toBe(next === table ? 0 : 1);
      }),
    );
  });

  test('drops the members that are lost, and takes them back as newcomers (R1)', () => {
    const table = planTable(undefined, rank(['a', 'b', 'c']), 3);
    const without = planTable(table, rank(['a', 'c']), 3, new Set(['b']));
    expect(without.members.map((member) => member.peer)).toEqual(['a', 'c']);
    expect(without.version).toBe(2);
    // The owner's word counts, also of a peer that answers.
    expect(planTable(table, rank(['b', 'a', 'c']), 3, new Set(['b']))).toEqual(without);
    const back = planTable(without, rank(['b', 'a', 'c']), 3);
    expect(back.members.find((member) => member.peer === 'b')?.weight).toBe(100);
  });

  test('never drops everybody', () => {
    const table = planTable(undefined, rank(['a', 'b']), 3);
    expect(planTable(table, [], 3, new Set(['a', 'b']))).toBe(table);
    expect(
      planTable(table, rank(['c']), 3, new Set(['a', 'b'])).members.map((member) => member.peer),
    ).toEqual(['c']);
  });

  test('takes the best ranked when there are more peers than a table holds', () => {
    const many = Array.from({ length: MAX_MEMBERS + 5 }, (_, index) => `peer ${index}`);
    const { members } = planTable(undefined, rank(many), 3);
    expect(members.length).toBe(MAX_MEMBERS);
    expect(members.some((member) => member.peer === `peer ${MAX_MEMBERS + 1}`)).toBe(false);
  });

  test('keeps weights whole and between 25 and 100, whatever the score', () => {
    expect([-1, 0, 0.5, 1, 7].map(weightOfScore)).toEqual([25, 25, 63, 100, 100]);
  });
});
