/** When a surplus copy may go (placement.md 8.8, R3). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Health } from '../../src/policy/health.ts';
import type { Member } from '../../src/policy/roles.ts';
import { maySpare } from '../../src/policy/surplus.ts';

/** Capital letters are signed members, small ones recruits. */
function members(letters: string): Member[] {
  return letters.split('').map((peer) => ({ peer, zone: peer, weight: 50, recruited: peer > 'Z' }));
}

function spare(all: string, proved: string, lost = '', copies = 3): boolean {
  const health = new Map(lost.split('').map((peer) => [peer, 'lost' as Health]));
  return maySpare({ self: 'S', members: members(all), copies, health, proved: new Set(proved.split('')) });
}

describe('maySpare', () => {
  test.each<[string, string, string, string, boolean]>([
    ['three others proved theirs', 'SABC', 'ABC', '', true],
    ['only two did', 'SABC', 'AB', '', false],
    ['its own copy does not count', 'SABC', 'SAB', '', false],
    ['strangers do not count', 'SAB', 'ABX', '', false],
    ['a recruit may be the third', 'SABx', 'ABx', '', true],
    ['not two: one member may have brought both in', 'SABxy', 'Axy', '', false],
    ['recruits alone never do, while signed members are left', 'SABxyz', 'xyz', '', false],
    ['with one signed member left besides us, that one and recruits do', 'SABxy', 'Axy', 'B', true],
    ['with none left, recruits do', 'SABxyz', 'xyz', 'AB', true],
  ])('%s (8.8)', (_, all, proved, lost, expected) => {
    expect(spare(all, proved, lost)).toBe(expected);
  });

  test('asks for as many signed members as there are copies, when that is one', () => {
    expect(spare('SAx', 'x', '', 1)).toBe(false);
    expect(spare('SAx', 'A', '', 1)).toBe(true);
  });

  test('leaves a copy on an honest signed member, whatever one dishonest member and its recruits prove (R3)', () => {
    fc.assert(
      fc.property(fc.subarray('ABCD'.split('')), fc.integer({ min: 2, max: 5 }), (honest, copies) => {
        const all = members('SABCDEuvwxyz');
        const liars = 'Euvwxyz'.split('');
        const proved = new Set([...honest, ...liars]);
        if (maySpare({ self: 'S', members: all, copies, health: new Map(), proved })) {
          expect(honest.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});
