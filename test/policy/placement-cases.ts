/** The cases behind test/vectors/placement/placement.json: fixed tables of every awkward shape, all computed by the naive rule. */
import { createHash } from 'node:crypto';
import type { TableMember } from '../../src/policy/placement.ts';
import { naiveArrival, naiveOrder } from './naive-placement.ts';

export interface PlacementVector {
  readonly name: string;
  readonly vault: string;
  readonly members: readonly TableMember[];
  readonly groups: readonly {
    readonly group: number;
    readonly order: readonly string[];
    readonly arrivals: Readonly<Record<string, string>>;
  }[];
}

function member(name: string, weight: number, zone: string): TableMember {
  return { peer: `12D3KooW${name}`, weight, zone };
}

const TABLES: readonly { name: string; members: readonly TableMember[] }[] = [
  { name: 'one member alone', members: [member('Ada', 100, 'a')] },
  { name: 'two members in one zone', members: [member('Ada', 100, 'a'), member('Ben', 25, 'a')] },
  {
    name: 'five members, each its own zone, equal weights',
    members: ['Ada', 'Ben', 'Cyd', 'Dan', 'Eve'].map((name) => member(name, 50, name)),
  },
  {
    name: 'seven members in two zones, weights 1 to 1000000',
    members: [
      member('Ada', 1, 'north'),
      member('Ben', 1_000_000, 'north'),
      member('Cyd', 40, 'south'),
      member('Dan', 55, 'south'),
      member('Eve', 70, 'south'),
      member('Fay', 85, 'north'),
      member('Gus', 100, 'south'),
    ],
  },
  {
    name: 'names and zones outside ASCII',
    members: [member('Zoë', 30, 'Küche'), member('Åke', 60, 'Keller'), member('Łuk', 90, '')],
  },
];

export function placementVectors(): PlacementVector[] {
  return TABLES.map(({ name, members }) => {
    const vault = createHash('sha256').update(name).digest();
    const groups = [0, 1, 127, 128, 255].map((group) => ({
      group,
      order: naiveOrder(members, vault, group),
      arrivals: Object.fromEntries(
        members.map((entry) => [entry.peer, naiveArrival(entry, vault, group).toPrecision(12)]),
      ),
    }));
    return { name, vault: vault.toString('hex'), members, groups };
  });
}
