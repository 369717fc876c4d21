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
