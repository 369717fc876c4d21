/** What the words of the holders mean for `vault status`: who failed whose audits, who waits, and what nobody has any more (R2, R4). */
import type { PeerName } from '../model/ids.ts';
import type { HolderView } from './ask-holders.ts';
import type { UnsoundPeer } from './upkeep-types.ts';

interface Trial {
  /** Members that the owner signed: only their word counts. */
  readonly signed: readonly PeerName[];
  readonly views: readonly HolderView[];
  /** Whose copies do not count, and whose word does not either. */
  readonly accused: ReadonlySet<PeerName>;
  readonly nameOf: (peer: PeerName) => string;
}

/** Everybody of whom somebody believable says that it failed audits; in order of names. */
export function unsoundPeers({ signed, views, accused, nameOf }: Trial): readonly UnsoundPeer[] {
  const judges = views.filter(({ peer }) => signed.includes(peer) && !accused.has(peer));
  const by = (peer: PeerName): readonly string[] =>
    judges.filter((judge) => judge.peer !== peer && judge.answer.accuses.includes(peer)).map(nameOfJudge);
  const nameOfJudge = ({ peer }: HolderView): string => nameOf(peer);
  const named = new Set([...accused, ...judges.flatMap(({ answer }) => answer.accuses)]);
  return [...named]
    .sort()
    .map((peer) => ({ peer, name: nameOf(peer), by: by(peer), counted: !accused.has(peer) }))
    .filter((row) => row.by.length > 0 || !row.counted);
}

/** Of chunks that no holder who answers has: who should keep them found them nowhere either, not even in the trash. */
export function lostChunks(unavailable: number, views: readonly HolderView[]): number {
  return Math.min(unavailable, Math.max(0, ...views.map(({ answer }) => answer.unavailable ?? 0)));
}
