/** Placement (P2, P3): distinct peers and zones, load by weight, little movement, and agreement with the naive rule and the vectors. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GROUPS } from '../../src/model/ids.ts';
import { holderOrder, holdersFor, type TableMember } from '../../src/policy/placement.ts';
import { naiveOrder } from './naive-placement.ts';
import { type PlacementVector, placementVectors } from './placement-cases.ts';

const VECTORS = new URL('../vectors/placement/placement.json', import.meta.url);

const vaults = fc.uint8Array({ minLength: 32, maxLength: 32 });
const groups = fc.nat(GROUPS - 1);
const tables = (maxLength: number, zones = 6): fc.Arbitrary<TableMember[]> =>
  fc.uniqueArray(
    fc.record({
      peer: fc.string({ minLength: 1, maxLength: 12 }),
      weight: fc.integer({ min: 1, max: 100 }),
      zone: fc.nat(zones - 1).map((n) => `zone ${n}`),
    }),
    { selector: (member) => member.peer, minLength: 1, maxLength },
  );

function zonesOf(members: readonly TableMember[], peers: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const peer of peers) {
    const zone = members.find((member) => member.peer === peer)?.zone ?? '';
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return counts;
}

const vaultNumber = (n: number): Uint8Array => createHash('sha256').update(`vault ${n}`).digest();

describe('holdersFor', () => {
  test('chooses three distinct peers in three distinct zones whenever the table has them (P2)', () => {
    fc.assert(
      fc.property(tables(12), vaults, groups, (members, vault, group) => {
        const chosen = holdersFor({ members }, vault, group, 3);
        expect(new Set(chosen).size).toBe(Math.min(3, members.length));
        const zones = new Set(members.map((member) => member.zone));
        expect(zonesOf(members, chosen).size).toBe(Math.min(3, zones.size));
      }),
    );
  });

  test('never uses a zone once more while another zone with room was used less (P2)', () => {
    fc.assert(
      fc.property(
        tables(14, 3),
        vaults,
        groups,
        fc.integer({ min: 1, max: 8 }),
        (members, vault, group, copies) => {
          const used = zonesOf(members, holdersFor({ members }, vault, group, copies));
          for (const [zone, count] of used) {
            for (const other of new Set(members.map((member) => member.zone))) {
              const size = members.filter((member) => member.zone === other).length;
              const there = used.get(other) ?? 0;
              if (other !== zone && there < size) expect(count - there).toBeLessThanOrEqual(1);
            }
          }
        },
      ),
    );
  });

  test('agrees with the rule read literally, whatever the order of the table (P3)', () => {
    fc.assert(
      fc.property(tables(10), vaults, groups, (members, vault, group) => {
        const naive = naiveOrder(members, vault, group);
        expect(holderOrder({ members }, vault, group)).toEqual(naive);
        expect(holderOrder({ members: members.toReversed() }, vault, group)).toEqual(naive);
      }),
    );
  });

  test('replaces exactly one holder when a member leaves, and none when the leaver held nothing (P3)', () => {
    fc.assert(
      fc.property(
        tables(12, 4),
        vaults,
        groups,
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        (members, vault, group, pick, copies) => {
          const leaver = members[pick % members.length]?.peer ?? '';
          const before = holdersFor({ members }, vault, group, copies);
          const after = holdersFor({ members }, vault, group, copies, new Set([leaver]));
          const kept = before.filter((peer) => after.includes(peer));
          expect(after).not.toContain(leaver);
          expect(kept.length).toBe(before.length - (before.includes(leaver) ? 1 : 0));
          expect(after.length).toBe(Math.min(copies, members.length - 1));
        },
      ),
    );
  });

  test('moves a copy only to the newcomer when a member joins (P3)', () => {
    fc.assert(
      fc.property(
        tables(12, 4),
        vaults,
        groups,
        fc.integer({ min: 1, max: 5 }),
        (members, vault, group, copies) => {
          const [newcomer, ...others] = members;
          const before = holdersFor({ members: others }, vault, group, copies);
          const after = holdersFor({ members }, vault, group, copies);
          const added = after.filter((peer) => !before.includes(peer));
          expect(added.every((peer) => peer === newcomer?.peer)).toBe(true);
        },
      ),
    );
  });

  test('gives the same answer as a table that never had the peers that are left out', () => {
    fc.assert(
      fc.property(tables(10), vaults, groups, (members, vault, group) => {
        const gone = new Set(members.filter((_, index) => index % 3 === 0).map((member) => member.peer));
        const rest = members.filter((member) => !gone.has(member.peer));
        expect(holderOrder({ members }, vault, group, gone)).toEqual(
          holderOrder({ members: rest }, vault, group),
        );
      }),
    );
  });
});

describe('load', () => {
  const members: TableMember[] = [25, 40, 55, 70, 85, 100, 25, 60, 90, 100].map((weight, index) => ({
    peer: `peer ${index}`,
    weight,
    zone: `zone ${index}`,
  }));
  const weight = members.reduce((sum, member) => sum + member.weight, 0);
  const draws = 40 * GROUPS;
  const first = new Map<string, number>();
  const held = new Map<string, number>();
  for (let vault = 0; vault < 40; vault += 1) {
    for (let group = 0; group < GROUPS; group += 1) {
      const chosen = holdersFor({ members }, vaultNumber(vault), group, 3);
      first.set(chosen[0] ?? '', (first.get(chosen[0] ?? '') ?? 0) + 1);
      for (const peer of chosen) held.set(peer, (held.get(peer) ?? 0) + 1);
    }
  }

  test('makes each peer first in proportion to its weight, within five standard deviations (clause 6)', () => {
    for (const member of members) {
      const share = member.weight / weight;
      const deviation = Math.sqrt(draws * share * (1 - share));
      expect(Math.abs((first.get(member.peer) ?? 0) - draws * share)).toBeLessThan(5 * deviation);
    }
  });

  test('keeps the share of groups that a peer holds within the stated bounds (clause 6)', () => {
    const noise = 5 * Math.sqrt(0.25 / draws);
    for (const member of members) {
      const others = members.filter((other) => other !== member).map((other) => other.weight);
      const [largest = 0, second = 0] = others.toSorted((a, b) => b - a);
      const lower = 1 - (1 - member.weight / weight) ** 3;
      const upper = member.weight * (1 / weight + 1 / (weight - largest) + 1 / (weight - largest - second));
      const share = (held.get(member.peer) ?? 0) / draws;
      expect(share).toBeGreaterThan(lower - noise);
      expect(share).toBeLessThan(upper + noise);
    }
  });

  test('moves about its own share, and nothing else, when a peer of average weight joins', () => {
    const newcomer: TableMember = { peer: 'newcomer', weight: 65, zone: 'new zone' };
    let moved = 0;
    for (let group = 0; group < GROUPS; group += 1) {
      const after = holdersFor({ members: [...members, newcomer] }, vaultNumber(1), group, 3);
      const before = holdersFor({ members }, vaultNumber(1), group, 3);
      const changed = after.filter((peer) => !before.includes(peer));
      expect(changed.length).toBe(after.includes('newcomer') ? 1 : 0);
      moved += changed.length;
    }
    expect(moved).toBeGreaterThan(GROUPS * 0.15);
    expect(moved).toBeLessThan(GROUPS * 0.42);
  });
});

describe('vectors', () => {
  if (process.env.WRITE_VECTORS) writeFileSync(VECTORS, `${JSON.stringify(placementVectors(), null, 1)}\n`);
  const vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as PlacementVector[];

  test('are what the naive rule gives', () => {
    expect(placementVectors()).toEqual(vectors);
  });

  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const vault = new Uint8Array(Buffer.from(vector.vault, 'hex'));
    for (const { group, order } of vector.groups) {
      expect(holderOrder({ members: vector.members }, vault, group)).toEqual(order);
    }
  });
});
