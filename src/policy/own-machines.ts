/** The machines of a vault's owner, by their tags: copies there do not count, also when holders recruit while he is off (P2). */
import type { PeerName } from '../model/ids.ts';
import type { Ranking } from './rank-peers.ts';

/** In one table; an owner with more machines tells of the one he works at and of some of the others. */
export const MAX_AVOIDED = 64;

export interface AvoidFacts {
  /** What the table says now. */
  readonly known: readonly string[];
  /** Tag of the machine that the owner works at. */
  readonly machine: string;
  /** What a survey from there found. */
  readonly ranking: Ranking;
  /** Who stays in the table. */
  readonly members: readonly { readonly peer: PeerName }[];
}

/**
 * The tags of the next table, sorted. In a trial mesh, where the rule is waived, this machine's tag is not added; and it is taken
 * out when all members are known to run here, as it would rule out everybody. While a member may be elsewhere, it stays.
 */
export function planAvoided({ known, machine, ranking, members }: AvoidFacts): readonly string[] {
  const others = known.filter((tag) => tag !== machine);
  if (!ranking.trialMesh) return [...others.slice(0, MAX_AVOIDED - 1), machine].sort();
  const surveyed = [...ranking.ranked, ...ranking.leftOut].map(({ facts }) => facts);
  const here = new Set(surveyed.filter((facts) => facts.machine === machine).map(({ peer }) => peer));
  return members.every(({ peer }) => here.has(peer)) ? others : known;
}

/** Who of `peers` runs on one of the owner's machines, as far as is known; '' is a machine that nobody knows. */
export function peersOnMachines(
  peers: readonly PeerName[],
  machineOf: (peer: PeerName) => string,
  machines: ReadonlySet<string>,
): ReadonlySet<PeerName> {
  if (machines.size === 0) return new Set();
  return new Set(peers.filter((peer) => machines.has(machineOf(peer))));
}
