/** Whom to bring in when a vault has too few members left (R2, P2): the best ranked strangers, from zones it does not use yet. */
import type { PeerName } from '../model/ids.ts';
import type { TableMember } from './placement.ts';
import type { RankedPeer, Ranking } from './rank-peers.ts';

export interface RecruitNeed {
  readonly ranking: Ranking;
  /** Nobody of them is recruited again. */
  readonly members: readonly TableMember[];
  /** Those of the members whose copies do not count (lost, unsound, draining): their zones are free again. */
  readonly gone?: ReadonlySet<PeerName>;
  /** How many are needed at most. */
  readonly wanted: number;
}

export interface ZoneNeed {
  readonly ranking: Ranking;
  /** Nobody of them is recruited again. */
  readonly members: readonly TableMember[];
  /** Those of them that may keep the group in question. */
  readonly candidates: readonly TableMember[];
  /** Copies of each chunk, each of which should lie in a zone of its own. */
  readonly copies: number;
}

/** How many zones more are needed for every copy of a group with these candidates to lie in one of its own (P2). */
export function zonesShort({ candidates, copies }: Pick<ZoneNeed, 'candidates' | 'copies'>): number {
  return Math.max(0, copies - new Set(candidates.map(({ zone }) => zone)).size);
}

/** For candidates that are enough, but crowd in too few zones: the best ranked stranger of each other zone, as many as are short. */
export function chooseForZones({ ranking, members, candidates, copies }: ZoneNeed): RankedPeer[] {
  const names = new Set(members.map(({ peer }) => peer));
  const used = new Set(candidates.map(({ zone }) => zone));
  const chosen: RankedPeer[] = [];
  for (const ranked of ranking.ranked) {
    const { peer, zone } = ranked.facts;
    if (chosen.length >= zonesShort({ candidates, copies })) break;
    if (names.has(peer) || used.has(zone)) continue;
    used.add(zone);
    chosen.push(ranked);
  }
  return chosen;
}

/** Up to `wanted` of the ranked peers that are no members: one after the other, from the zone used least so far, best ranked first. */
export function chooseRecruits({ ranking, members, gone, wanted }: RecruitNeed): RankedPeer[] {
  const names = new Set(members.map((member) => member.peer));
  const used = new Map<string, number>();
  for (const { peer, zone } of members) {
    if (!gone?.has(peer)) used.set(zone, (used.get(zone) ?? 0) + 1);
  }
  const strangers = ranking.ranked.filter((ranked) => !names.has(ranked.facts.peer));
  const chosen: RankedPeer[] = [];
  const usedBy = (ranked: RankedPeer): number => used.get(ranked.facts.zone) ?? 0;
  while (chosen.length < wanted) {
    const best = strangers.reduce<RankedPeer | undefined>(
      (least, ranked) => (least === undefined || usedBy(ranked) < usedBy(least) ? ranked : least),
      undefined,
    );
    if (best === undefined) break;
    strangers.splice(strangers.indexOf(best), 1);
    used.set(best.facts.zone, usedBy(best) + 1);
    chosen.push(best);
  }
  return chosen;
}
