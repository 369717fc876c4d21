/** Relief (R5): a full peer declines just enough groups, and does not take them back only to decline them again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planRelief } from '../../src/policy/relief.ts';

interface Load {
  readonly group: number;
  readonly keptBytes: number;
  readonly liveBytes: number;
  readonly missingBytes?: number;
  readonly declined: boolean;
}

function loads(kept: readonly number[], declined: readonly number[] = []): Load[] {
  return kept.map((bytes, group) => ({
    group,
    keptBytes: bytes,
    liveBytes: bytes,
    declined: declined.includes(group),
  }));
}

function declines(groups: readonly Load[], usedBytes: number): number[] {
  return planRelief(groups, { usedBytes, limitBytes: 100 }).map((load) => load.group);
}

describe('planRelief', () => {
  test.each<[string, Load[], number, number[]]>([
    ['declines nothing while there is room', loads([30, 40, 20]), 90, []],
    ['declines nothing at 95%', loads([30, 40, 25]), 95, []],
    ['declines the largest when full', loads([30, 41, 25]), 96, [1]],
    ['declines more when one is not enough', loads([4, 3, 2, 1, 0]), 98, [0, 1, 2]],
    ['sticks to what it declined while the others take it over', loads([30, 41, 25], [1]), 96, [1]],
    ['stays so between 80% and 95%', loads([30, 0, 25], [1]), 85, [1]],
    [
      'takes a group back when it fits below 80%',
      [...loads([30]), { group: 1, keptBytes: 0, liveBytes: 40, declined: true }],
      30,
      [],
    ],
    [
      'does not take back what would not fit',
      [...loads([30]), { group: 1, keptBytes: 0, liveBytes: 60, declined: true }],
      30,
      [1],
    ],
    ['declines nothing where nothing would be won', loads([0, 0]), 99, []],
  ])('%s (8.7)', (_, groups, used, expected) => {
    expect(declines(groups, used)).toEqual(expected);
  });

  test('declines what it could not fetch before what it has: that need not be moved away first (8.7)', () => {
    const kept = { group: 0, keptBytes: 60, liveBytes: 60, declined: false };
    const stuck = { group: 1, keptBytes: 30, liveBytes: 30, declined: true }; // cannot be removed yet, and takes room
    const fetched = { group: 2, keptBytes: 20, liveBytes: 20, missingBytes: 20, declined: false };
    expect(declines([kept, stuck, fetched], 110)).toEqual([1, 2]);
    expect(declines([kept, stuck, { ...fetched, declined: true }], 110)).toEqual([1, 2]);
    expect(
      declines([kept, { ...fetched, keptBytes: 10, liveBytes: 10, missingBytes: 10, declined: true }], 70),
    ).toEqual([]);
  });

  const someLoads = fc.array(
    fc.record({ keptBytes: fc.nat(30), liveBytes: fc.nat(30), declined: fc.boolean() }),
    { maxLength: 20 },
  );
  const kept = (groups: readonly { readonly keptBytes: number }[]): number =>
    groups.reduce((sum, group) => sum + group.keptBytes, 0);

  test('comes below 90% when full, if declining can achieve it, and declines no group without need', () => {
    fc.assert(
      fc.property(someLoads, fc.nat(40), (groups, other) => {
        const disk = { usedBytes: kept(groups) + other, limitBytes: 100 };
        const before = disk.usedBytes - kept(groups.filter((group) => group.declined));
        const chosen = planRelief(groups, disk);
        const after = disk.usedBytes - kept(chosen);
        if (before > 95) {
          expect(after < 90 || groups.every((group) => chosen.includes(group) || group.keptBytes === 0)).toBe(
            true,
          );
          const fresh = chosen.filter((group) => !group.declined);
          const smallest = Math.min(...fresh.map((group) => group.keptBytes));
          if (fresh.length > 0) expect(after + smallest).toBeGreaterThanOrEqual(90);
        } else expect(chosen.every((group) => group.declined)).toBe(true);
      }),
    );
  });

  test('settles: what it takes back it does not decline again when it is full of it', () => {
    fc.assert(
      fc.property(someLoads, fc.nat(40), (groups, other) => {
        const usedBytes = kept(groups) + other;
        const chosen = new Set(planRelief(groups, { usedBytes, limitBytes: 100 }));
        // Declined groups are trimmed, taken-back ones fetched.
        const later = groups.map((group) => ({
          ...group,
          declined: chosen.has(group),
          keptBytes: chosen.has(group) ? 0 : Math.max(group.keptBytes, group.declined ? group.liveBytes : 0),
        }));
        const again = planRelief(later, { usedBytes: kept(later) + other, limitBytes: 100 });
        for (const group of again) expect(group.declined).toBe(true);
      }),
    );
  });
});
