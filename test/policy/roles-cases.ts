/** The cases behind test/vectors/placement/roles.json: one for each sentence of placement.md, clause 8.1 to 8.4, by the naive rule. */
import { createHash } from 'node:crypto';
import type { Health } from '../../src/policy/health.ts';
import type { GroupFacts, Member, Roles } from '../../src/policy/roles.ts';
import { naiveRoles } from './naive-roles.ts';

export interface RolesVector {
  readonly name: string;
  readonly vault: string;
  readonly copies: number;
  readonly members: readonly Member[];
  /** Members that are not alive. */
  readonly health: Readonly<Record<string, Health>>;
  readonly unsound: readonly string[];
  readonly declines: readonly string[];
  readonly groups: readonly (Roles & { readonly group: number })[];
}

function member(name: string, weight: number, zone: string, recruited = false): Member {
  return { peer: `12D3KooW${name}`, weight, zone, recruited };
}

const SIGNED = ['Ada', 'Ben', 'Cyd', 'Dan', 'Eve'].map((name, n) => member(name, 30 + 10 * n, name));
const ONE_HOUSE = ['Ada', 'Ben', 'Cyd'].map((name) => member(name, 50, 'house'));
const RECRUITS = [member('Fay', 100, 'house', true), member('Gus', 25, 'shed', true)];
const peers = (...names: string[]): string[] => names.map((name) => `12D3KooW${name}`);

type Case = Partial<Omit<RolesVector, 'groups' | 'vault'>> & { readonly name: string };

const CASES: readonly Case[] = [
  { name: 'all is well' },
  { name: 'recruits come after signed members', members: [...RECRUITS, ...SIGNED] },
  { name: 'a recruit in a new zone comes before a zone twice', members: [...ONE_HOUSE, ...RECRUITS] },
  { name: 'a lost member is replaced', health: { '12D3KooWAda': 'lost' } },
  {
    name: 'one live keeper needs an extra',
    health: Object.fromEntries(peers('Ada', 'Ben', 'Cyd').map((peer) => [peer, 'away'])),
  },
  {
    name: 'four of five away',
    health: Object.fromEntries(peers('Ada', 'Ben', 'Cyd', 'Dan').map((peer) => [peer, 'away'])),
  },
  { name: 'unsound and declining members', unsound: peers('Ben'), declines: peers('Dan', 'Eve') },
  { name: 'everybody declines', declines: peers('Ada', 'Ben', 'Cyd', 'Dan', 'Eve') },
  {
    name: 'everybody is unsound or lost',
    unsound: peers('Ada', 'Ben', 'Cyd'),
    health: { '12D3KooWDan': 'lost', '12D3KooWEve': 'lost' },
  },
  { name: 'nobody is left', members: SIGNED.slice(0, 1), health: { '12D3KooWAda': 'lost' } },
  { name: 'one copy', copies: 1, health: { '12D3KooWAda': 'away', '12D3KooWBen': 'suspect' } },
];

export function rolesVectors(): RolesVector[] {
  return CASES.map(({ name, copies = 3, members = SIGNED, health = {}, unsound = [], declines = [] }) => {
    const vault = createHash('sha256').update(name).digest();
    const groups = [0, 64, 127, 191, 255].map((group) => ({
      group,
      ...naiveRoles({ vault, group, ...factsOf({ copies, members, health, unsound, declines }) }),
    }));
    return { name, vault: vault.toString('hex'), copies, members, health, unsound, declines, groups };
  });
}

/** What a vector says of every group. */
export function factsOf(
  vector: Pick<RolesVector, 'copies' | 'members' | 'health' | 'unsound' | 'declines'>,
): Omit<GroupFacts, 'vault' | 'group'> {
  return {
    copies: vector.copies,
    members: vector.members,
    health: new Map(Object.entries(vector.health)),
    unsound: new Set(vector.unsound),
    declines: new Set(vector.declines),
  };
}
