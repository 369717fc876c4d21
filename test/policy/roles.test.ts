/** Roles (placement.md, clause 8): who keeps a group now, who helps out, and when recruits are needed; tables, properties, naive twin. */
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Health } from '../../src/policy/health.ts';
import { holderOrder } from '../../src/policy/placement.ts';
import {
  type GroupFacts,
  type Member,
  type Roles,
  raceOf,
  rolesInRace,
  rolesOf,
} from '../../src/policy/roles.ts';
import { naiveRoles } from './naive-roles.ts';
import { factsOf, type RolesVector, rolesVectors } from './roles-cases.ts';

const VECTORS = new URL('../vectors/placement/roles.json', import.meta.url);

const vault = new Uint8Array(32).fill(7);
const NOBODY: ReadonlySet<string> = new Set();

function member(peer: string, zone: string = peer, recruited = false): Member {
  return { peer, zone, weight: 50, recruited };
}

function facts(members: readonly Member[], changes: Partial<GroupFacts> = {}): GroupFacts {
  return {
    vault,
    group: 3,
    members,
    copies: 3,
    health: new Map(),
    unsound: NOBODY,
    declines: NOBODY,
    ...changes,
  };
}

const states = fc.constantFrom<Health>('alive', 'suspect', 'away', 'lost');
const groupFacts: fc.Arbitrary<GroupFacts> = fc
  .uniqueArray(
    fc.record({
      peer: fc.string({ minLength: 1, maxLength: 5 }),
      zone: fc.nat(4).map((n) => `zone ${n}`),
      weight: fc.integer({ min: 1, max: 100 }),
      recruited: fc.boolean(),
      state: fc.option(states, { nil: undefined }),
      unsound: fc.nat(4).map((n) => n === 0),
      declines: fc.nat(3).map((n) => n === 0),
    }),
    { selector: (one) => one.peer, maxLength: 12 },
  )
  .chain((ones) =>
    fc.record({
      vault: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      group: fc.nat(255),
      copies: fc.integer({ min: 1, max: 5 }),
      members: fc.constant(
        ones.map(({ peer, zone, weight, recruited }) => ({ peer, zone, weight, recruited })),
      ),
      health: fc.constant(
        new Map(ones.flatMap(({ peer, state }) => (state ? [[peer, state] as const] : []))),
      ),
      unsound: fc.constant(new Set(ones.filter((one) => one.unsound).map((one) => one.peer))),
      declines: fc.constant(new Set(ones.filter((one) => one.declines).map((one) => one.peer))),
    }),
  );

const isLive = (f: GroupFacts, peer: string): boolean =>
  ['alive', 'suspect'].includes(f.health.get(peer) ?? 'alive');
const willing = (f: GroupFacts): Member[] =>
  f.members.filter(
    ({ peer }) => f.health.get(peer) !== 'lost' && !f.unsound.has(peer) && !f.declines.has(peer),
  );

describe('rolesOf', () => {
  test('is the placement of the signed table while all is well (8.2)', () => {
    const members = ['a', 'b', 'c', 'd', 'e'].map((peer) => member(peer));
    const order = holderOrder({ members }, vault, 3);
    expect(rolesOf(facts(members))).toEqual({ order, keepers: order.slice(0, 3), extras: [], short: 0 });
  });

  test('uses recruits after signed members, but a new zone before a zone twice (8.2, P2)', () => {
    const signed = [member('a', 'x'), member('b', 'x'), member('c', 'y')];
    const recruits = [member('r', 'x', true), member('s', 'z', true)];
    const { keepers, order } = rolesOf(facts([...recruits, ...signed]));
    expect(keepers).toEqual(order.slice(0, 3));
    expect(keepers).toContain('c');
    expect(keepers[2]).toBe('s');
    expect(order.at(-1)).toBe('r');
  });

  test('believes the signed table about a peer that was recruited as well (8.1)', () => {
    const members = [member('a'), member('b'), { ...member('a', 'elsewhere', true), weight: 100 }];
    expect(rolesOf(facts(members))).toEqual(rolesOf(facts(members.slice(0, 2))));
  });

  test.each<[string, Record<string, Health>, Partial<Roles>]>([
    ['one away of three keeps two live: nobody helps', { a: 'away' }, { extras: [], short: 0 }],
    ['two away leave one: one extra (R1)', { a: 'away', b: 'away' }, { extras: ['d'], short: 0 }],
    ['all away: two extras', { a: 'away', b: 'away', c: 'away' }, { extras: ['d', 'e'], short: 0 }],
    ['an away one is no extra', { a: 'away', b: 'away', d: 'away' }, { extras: ['e'], short: 0 }],
    ['suspect ones count as live', { a: 'suspect', b: 'away' }, { extras: [], short: 0 }],
    [
      'no extra left: recruit (8.4)',
      { a: 'away', b: 'away', d: 'away', e: 'away' },
      { extras: [], short: 1 },
    ],
    ['a lost one is replaced (R2)', { a: 'lost' }, { keepers: ['b', 'c', 'd'], extras: [], short: 0 }],
    [
      'too few are left: recruit',
      { a: 'lost', b: 'lost', c: 'lost' },
      { keepers: ['d', 'e'], extras: [], short: 1 },
    ],
    ['nobody is left', { a: 'lost', b: 'lost', c: 'lost', d: 'lost', e: 'lost' }, { keepers: [], short: 3 }],
  ])('%s', (_, health, expected) => {
    // Renamed so that the letters are the order.
    const names = ['v', 'w', 'x', 'y', 'z'];
    const members = names.map((peer) => member(peer));
    const letters = holderOrder({ members }, vault, 3);
    const letterOf = (peer: string): string => 'abcde'[letters.indexOf(peer)] ?? '?';
    const peerOf = (letter: string): string => letters['abcde'.indexOf(letter)] ?? '?';
    const states = new Map(Object.entries(health).map(([letter, state]) => [peerOf(letter), state]));
    const { keepers, extras, short } = rolesOf(facts(members, { health: states }));
    expect({ keepers: keepers.map(letterOf), extras: extras.map(letterOf), short }).toMatchObject(expected);
  });

  test('lets decliners keep what nobody else would, and recruits for them (8.3)', () => {
    const members = ['a', 'b', 'c'].map((peer) => member(peer));
    const all = new Set(['a', 'b', 'c']);
    expect(rolesOf(facts(members, { declines: all }))).toMatchObject({ short: 3 });
    expect(rolesOf(facts(members, { declines: all })).keepers.length).toBe(3);
    expect(rolesOf(facts(members, { declines: new Set(['a', 'b']) }))).toMatchObject({
      keepers: ['c'],
      short: 2,
    });
  });

  test('agrees with the rule read literally, whatever the order of the members (8.2 to 8.4)', () => {
    fc.assert(
      fc.property(groupFacts, (f) => {
        const roles = rolesOf(f);
        expect(roles).toEqual(naiveRoles(f));
        expect(rolesOf({ ...f, members: f.members.toReversed() })).toEqual(roles);
        expect(rolesInRace(raceOf(f.vault, f.group, f.members), f)).toEqual(roles);
      }),
    );
  });

  test('never makes a lost, unsound or declining member a keeper while others exist (8.3)', () => {
    fc.assert(
      fc.property(groupFacts, (f) => {
        const { keepers, extras } = rolesOf(f);
        const fit = new Set(willing(f).map((one) => one.peer));
        for (const peer of keepers) expect(f.health.get(peer)).not.toBe('lost');
        if (fit.size > 0) for (const peer of [...keepers, ...extras]) expect(fit.has(peer)).toBe(true);
        if (fit.size > 0) expect(keepers.length).toBe(Math.min(f.copies, fit.size));
        expect(new Set([...keepers, ...extras]).size).toBe(keepers.length + extras.length);
      }),
    );
  });

  test('never uses a zone twice while another zone has a candidate (P2)', () => {
    fc.assert(
      fc.property(groupFacts, (f) => {
        const { keepers, order } = rolesOf(f);
        const zoneOf = new Map(f.members.map((one) => [one.peer, one.zone]));
        const used = new Set(keepers.map((peer) => zoneOf.get(peer)));
        const all = new Set(order.map((peer) => zoneOf.get(peer)));
        expect(used.size).toBe(Math.min(keepers.length, all.size));
      }),
    );
  });

  test('moves as little as can be: when one peer drops out, all other keepers stay (8.9)', () => {
    const reasons = fc.constantFrom('lost', 'unsound', 'declines');
    fc.assert(
      fc.property(groupFacts, fc.nat(11), reasons, (f, index, reason) => {
        const gone = f.members[index]?.peer;
        if (gone === undefined || willing(f).length < 2) return;
        const without: Partial<GroupFacts> =
          reason === 'lost'
            ? { health: new Map(f.health).set(gone, 'lost') }
            : reason === 'unsound'
              ? { unsound: new Set([...f.unsound, gone]) }
              : { declines: new Set([...f.declines, gone]) };
        const before = rolesOf(f);
        const after = rolesOf({ ...f, ...without });
        const stay = before.keepers.filter((peer) => peer !== gone);
        for (const peer of stay) expect(after.keepers).toContain(peer);
        if (!before.keepers.includes(gone)) expect(after.keepers).toEqual(before.keepers);
      }),
    );
  });

  test('finds min(2, copies) live peers among keepers and extras, or says how many are short (R1)', () => {
    fc.assert(
      fc.property(groupFacts, fc.nat(6), (f, more) => {
        const { keepers, extras, short } = rolesOf(f);
        const live = [...keepers, ...extras].filter((peer) => isLive(f, peer)).length;
        if (short === 0) expect(live).toBeGreaterThanOrEqual(Math.min(2, f.copies));
        if (short === 0) expect(keepers.length).toBe(f.copies);
        const liveKeepers = keepers.filter((peer) => isLive(f, peer)).length;
        expect(extras.length).toBeLessThanOrEqual(Math.max(0, Math.min(2, f.copies) - liveKeepers));
        const recruits = Array.from({ length: more }, (_, n) => member(`recruit ${n}`, `new ${n}`, true));
        expect(rolesOf({ ...f, members: [...f.members, ...recruits] }).short === 0).toBe(more >= short);
      }),
    );
  });

  test('runs a race that was computed before without hashing: a thousand members, all groups, in no time', () => {
    const members = Array.from({ length: 1000 }, (_, n) => member(`peer ${n}`, `zone ${n % 40}`));
    let hashed = 0;
    const race = raceOf(vault, 0, members, () => hashed++);
    expect(hashed).toBe(1000);
    for (let group = 0; group < 256; group++) {
      expect(rolesInRace(race, facts(members)).keepers).toEqual(['peer 0', 'peer 1', 'peer 2']);
    }
    expect(hashed).toBe(1000);
  });
});

describe('vectors', () => {
  if (process.env.WRITE_VECTORS) writeFileSync(VECTORS, `${JSON.stringify(rolesVectors(), null, 1)}\n`);
  const vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as RolesVector[];

  test('are what the naive rule gives', () => {
    expect(rolesVectors()).toEqual(vectors);
  });

  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s (8.1 to 8.4)', (_, vector) => {
    const vault = new Uint8Array(Buffer.from(vector.vault, 'hex'));
    for (const { group, ...roles } of vector.groups) {
      expect(rolesOf({ vault, group, ...factsOf(vector) })).toEqual(roles);
    }
  });
});
