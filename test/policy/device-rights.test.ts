import { describe, expect, it } from 'vitest';
import type { DeviceRole } from '../../src/model/device-role.ts';
import { allows, excessOf, mayPut, type Right } from '../../src/policy/device-rights.ts';
import { checkExtension, type EntryFacts } from '../../src/policy/log-rules.ts';

const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const NOTHING = { adds: false, announces: false, takesAway: false };
const ROLES: readonly DeviceRole[] = ['full', 'append-only', 'keeper'];

describe('the rights of a device', () => {
  it.each<[Right, DeviceRole[]]>([
    ['read', ['full', 'append-only']],
    ['add', ['full', 'append-only']],
    ['take-away', ['full']],
    ['admit', ['full']],
  ])('to %s are those of %j', (right, roles) => {
    expect(ROLES.filter((role) => allows(role, right))).toEqual(roles);
  });

  it('let a keeper copy what lives and nothing else', () => {
    expect(ROLES.map((role) => [mayPut(role, () => true), mayPut(role, () => false)])).toEqual([
      [true, true],
      [true, true],
      [true, false],
    ]);
  });
});

describe('an entry', () => {
  const table: [string, number, typeof NOTHING, DeviceRole[]][] = [
    ['that says nothing, at the beginning', 0, NOTHING, ['full', 'append-only', 'keeper']],
    ['that says nothing, later', 3, NOTHING, ['full', 'append-only']],
    ['that adds chunks', 0, { ...NOTHING, adds: true }, ['full', 'append-only']],
    ['that announces', 2, { ...NOTHING, announces: true }, ['full', 'append-only']],
    ['that drops or retires', 2, { ...NOTHING, takesAway: true }, ['full']],
    ['that does everything', 0, { adds: true, announces: true, takesAway: true }, ['full']],
  ];

  it.each(table)('%s is written by these only (L4)', (_what, sequence, deeds, roles) => {
    expect(ROLES.filter((role) => excessOf(role, sequence, deeds) === undefined)).toEqual(roles);
    const hash = id(9);
    for (const role of ROLES) {
      const entry: EntryFacts = {
        vault: id(1),
        device: id(2),
        sequence,
        previous: sequence === 0 ? undefined : hash,
        hash: id(3),
        certificate: sequence === 0 ? { vault: id(1), device: id(2) } : undefined,
        role,
        deeds,
      };
      const head = sequence === 0 ? undefined : { next: sequence, hash };
      const verdict = checkExtension({ vault: id(1), head, present: undefined }, entry);
      const refusal = verdict.kind === 'refused' ? verdict.refusal : verdict.kind;
      expect(refusal).toBe(roles.includes(role) ? 'extends' : 'exceeds');
    }
  });
});
