/** Where copies live (P2, P3): the same table, vault and group give the same holders on every machine, with nothing recorded per chunk. */
import { hash } from 'node:crypto';
import { concatBytes, utf8 } from '../model/bytes.ts';
import type { PeerName, VaultId } from '../model/ids.ts';

/** One line of a vault's holder table (P3). `weight` is an integer of at least 1; `zone` names what fails together. */
export interface TableMember {
  readonly peer: PeerName;
  readonly weight: number;
  readonly zone: string;
}

/** What placement needs of a holder table. */
export interface PlacementTable {
  readonly members: readonly TableMember[];
}

const NO_ONE: ReadonlySet<PeerName> = new Set();
const LABEL = utf8('vault-mesh/1/placement');
const TWO_POW_20 = 2 ** 20;
const TWO_POW_52 = 2 ** 52;

/**
 * When the member "arrives" in the race for a group: exponential with rate `weight`, so that it comes first with
 * probability weight / sum of weights (weighted rendezvous hashing). See docs/spec/placement.md, clause 3.
 */
export function arrivalOf(member: TableMember, vault: VaultId, group: number): number {
  const digest = hash('sha256', concatBytes(LABEL, vault, Uint8Array.of(group), utf8(member.peer)), 'buffer');
  const bits = digest.readUInt32BE(0) * TWO_POW_20 + (digest.readUInt32BE(4) >>> 12);
  return -Math.log((bits + 0.5) / TWO_POW_52) / member.weight;
}

interface Racer {
  readonly member: TableMember;
  readonly arrival: number;
}

function byArrival(a: Racer, b: Racer): number {
  if (a.arrival !== b.arrival) return a.arrival - b.arrival;
  return a.member.peer < b.member.peer ? -1 : 1;
}

/** Members in race order, put in zone rounds: the first of every zone, then the second of every zone, and so on (P2). */
export function zoneRounds<T extends TableMember>(race: readonly T[]): T[] {
  const seenOfZone = new Map<string, number>();
  const rounds: T[][] = [];
  for (const member of race) {
    const round = seenOfZone.get(member.zone) ?? 0;
    seenOfZone.set(member.zone, round + 1);
    const members = rounds[round];
    if (members) members.push(member);
    else rounds[round] = [member];
  }
  return rounds.flat();
}

/**
 * All members in the order in which they should hold a group: first the earliest of every zone, then the second of
 * every zone, and so on (P2: no zone twice while another zone has room). The first `copies` are the holders; the rest
 * step in, in this order. `without` takes members out of the race, as if they were not in the table.
 */
export function holderOrder(
  table: PlacementTable,
  vault: VaultId,
  group: number,
  without: ReadonlySet<PeerName> = NO_ONE,
): PeerName[] {
  const racers = table.members
    .filter((member) => !without.has(member.peer))
    .map((member) => ({ member, arrival: arrivalOf(member, vault, group) }))
    .sort(byArrival);
  return zoneRounds(racers.map((racer) => racer.member)).map((member) => member.peer);
}

/** The holders of a group (P3): the first `copies` of `holderOrder`, fewer when the table has fewer members. */
export function holdersFor(
  table: PlacementTable,
  vault: VaultId,
  group: number,
  copies: number,
  without: ReadonlySet<PeerName> = NO_ONE,
): PeerName[] {
  return holderOrder(table, vault, group, without).slice(0, copies);
}
