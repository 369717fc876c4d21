/** The next holder table of a vault (P3): newcomers join with a weight from their score, nobody else's share is touched. */
import type { PeerName } from '../model/ids.ts';
import type { PlacementTable, TableMember } from './placement.ts';
import type { RankedPeer } from './rank-peers.ts';

/** A holder table without its vault and signature. */
export interface TablePlan extends PlacementTable {
  /** Counts up with every change; 1 for the first table. */
  readonly version: number;
  /** How many holders each chunk should have. */
  readonly copies: number;
  /** Tags of the owner's machines, sorted; absent when there are none (own-machines.ts). */
  readonly avoid?: readonly string[];
}

/** A table stays small enough to be read in one frame and searched in no time. */
export const MAX_MEMBERS = 1000;
const NO_ONE: ReadonlySet<PeerName> = new Set();
const LIGHTEST = 25;
const HEAVIEST = 100;

/** 25 for the worst candidate, 100 for the best: everyone carries something, nobody more than four times another. */
export function weightOfScore(score: number): number {
  const bounded = Math.min(1, Math.max(0, score));
  return Math.round(LIGHTEST + (HEAVIEST - LIGHTEST) * bounded);
}

function sameMember(a: TableMember, b: TableMember | undefined): boolean {
  return b !== undefined && a.peer === b.peer && a.weight === b.weight && a.zone === b.zone;
}

function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((tag, i) => tag === b[i]);
}

/**
 * The table to use from now on: `current` itself when nothing changes. Members keep their weight, also while they are
 * away (R1); one that moved to another zone is moved; peers ranked now that are not in it yet join, best first, up to
 * MAX_MEMBERS. Those in `lost` are dropped (R1) unless that would leave nobody; one that comes back later joins like any newcomer.
 * `avoid`: the owner's machines from now on.
 */
export function planTable<T extends TablePlan>(
  current: T | undefined,
  ranked: readonly RankedPeer[],
  copies: number,
  lost: ReadonlySet<PeerName> = NO_ONE,
  avoid: readonly string[] = current?.avoid ?? [],
): T | TablePlan {
  const members = new Map<PeerName, TableMember>(current?.members.map((member) => [member.peer, member]));
  const newcomers = ranked.filter(({ facts }) => !lost.has(facts.peer));
  const left = current?.members.some((member) => !lost.has(member.peer)) === true || newcomers.length > 0;
  if (left) for (const peer of lost) members.delete(peer);
  for (const { facts, score } of newcomers) {
    const known = members.get(facts.peer);
    if (known) members.set(facts.peer, { ...known, zone: facts.zone });
    else if (members.size < MAX_MEMBERS) {
      members.set(facts.peer, { peer: facts.peer, weight: weightOfScore(score), zone: facts.zone });
    }
  }
  const next = [...members.values()].sort((a, b) => (a.peer < b.peer ? -1 : 1));
  const sameRules = current?.copies === copies && sameTags(avoid, current.avoid ?? []);
  if (current && sameRules && next.length === current.members.length) {
    const before = new Map(current.members.map((member) => [member.peer, member]));
    if (next.every((member) => sameMember(member, before.get(member.peer)))) return current;
  }
  const plan = { version: (current?.version ?? 0) + 1, copies, members: next };
  return avoid.length === 0 ? plan : { ...plan, avoid };
}
