/** Roles (docs/spec/placement.md, clause 8) a second time, slowly and from the text, to compare with. */
import type { GroupFacts, Member, Roles } from '../../src/policy/roles.ts';
import { naiveArrival } from './naive-placement.ts';

function earlier(a: Member, b: Member, facts: GroupFacts): boolean {
  if (a.recruited !== b.recruited) return !a.recruited;
  const [x, y] = [naiveArrival(a, facts.vault, facts.group), naiveArrival(b, facts.vault, facts.group)];
  return x === y ? a.peer < b.peer : x < y;
}

/** One after the other: of the zones used least so far, the member that comes first in the race. */
function naiveRoleOrder(candidates: readonly Member[], facts: GroupFacts): string[] {
  const chosen: Member[] = [];
  while (chosen.length < candidates.length) {
    const left = candidates.filter((one) => !chosen.includes(one));
    const used = (one: Member): number => chosen.filter((other) => other.zone === one.zone).length;
    const least = Math.min(...left.map(used));
    const open = left.filter((one) => used(one) === least);
    const first = open.find((one) => open.every((other) => other === one || earlier(one, other, facts)));
    if (!first) throw new Error('a race without a first');
    chosen.push(first);
  }
  return chosen.map((one) => one.peer);
}

export function naiveRoles(facts: GroupFacts): Roles {
  const lost = (one: Member): boolean => facts.health.get(one.peer) === 'lost';
  const live = (peer: string): boolean => !['away', 'lost'].includes(facts.health.get(peer) ?? 'alive');
  const fit = facts.members.filter(
    (one) => !lost(one) && !facts.unsound.has(one.peer) && !facts.declines.has(one.peer),
  );
  const sound = facts.members.filter((one) => !lost(one) && !facts.unsound.has(one.peer));
  const present = facts.members.filter((one) => !lost(one));
  const candidates = fit.length > 0 ? fit : sound.length > 0 ? sound : present;
  const order = naiveRoleOrder(candidates, facts);
  const keepers = order.filter((_, index) => index < facts.copies);
  const extras: string[] = [];
  const enough = (): boolean => [...keepers, ...extras].filter(live).length >= Math.min(2, facts.copies);
  for (const peer of order.slice(keepers.length)) {
    if (!enough() && live(peer)) extras.push(peer);
  }
  // How many live, willing newcomers it takes until there are enough candidates and enough live ones.
  let short = 0;
  const liveCount = [...keepers, ...extras].filter(live).length;
  while (fit.length + short < facts.copies || liveCount + short < Math.min(2, facts.copies)) short++;
  return { order, keepers, extras, short };
}
