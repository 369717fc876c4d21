/** When a copy that is nobody's task may go (R3): enough others proved theirs, and not all of them through one dishonest member. */
import type { PeerName } from '../model/ids.ts';
import type { Health } from './health.ts';
import type { Member } from './roles.ts';

export interface SurplusFacts {
  /** Who holds the copy in question. */
  readonly self: PeerName;
  readonly members: readonly Member[];
  readonly copies: number;
  /** Absent is alive. */
  readonly health: ReadonlyMap<PeerName, Health>;
  /** Who proved possession of this very chunk with a fresh nonce and pledged to keep it. */
  readonly proved: ReadonlySet<PeerName>;
}

/**
 * One member may be dishonest and bring in any number of recruits that are itself under other names. So of the proofs, this many
 * must be of members that the owner has signed: at least one of them is honest.
 */
const FEWEST_SIGNED = 2;

/**
 * True when `copies` other members proved theirs, two of them signed by the owner (fewer where no more signed members are left
 * besides us: lost ones cannot prove anything, and without this a vault whose owner is gone could never move on).
 */
export function maySpare({ self, members, copies, health, proved }: SurplusFacts): boolean {
  const others = members.filter(({ peer }) => peer !== self);
  const signed = others.filter(({ recruited }) => !recruited);
  const left = signed.filter(({ peer }) => health.get(peer) !== 'lost').length;
  const provedSigned = signed.filter(({ peer }) => proved.has(peer)).length;
  const provedAll = new Set(others.map(({ peer }) => peer).filter((peer) => proved.has(peer))).size;
  return provedAll >= copies && provedSigned >= Math.min(FEWEST_SIGNED, copies, left);
}
