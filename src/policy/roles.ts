/**
 * Whose task a group is now (R1, R2): the first sound, willing members in holder order keep it, and everybody who knows the same
 * facts computes the same. Nobody is told; a keeper fetches what it lacks. See docs/spec/placement.md, clause 8.
 */
import type { PeerName, VaultId } from '../model/ids.ts';
import type { Health } from './health.ts';
import { arrivalOf, type TableMember, zoneRounds } from './placement.ts';

/** A member of a vault: of its signed holder table, or a recruit that members brought in while the owner was off. */
export interface Member extends TableMember {
  readonly recruited: boolean;
}

/** What changes from minute to minute about the members of one group. */
export interface Situation {
  readonly copies: number;
  /** Absent is alive. */
  readonly health: ReadonlyMap<PeerName, Health>;
  /** Who failed audits: treated as not holding (R4). */
  readonly unsound: ReadonlySet<PeerName>;
  /** Who wants to be rid of this group: draining or full peers (R5). */
  readonly declines: ReadonlySet<PeerName>;
  /** Who keeps a group only while others are too few: peers on the machines of an owner who works at several (P2). */
  readonly lastResort?: ReadonlySet<PeerName>;
}

export interface GroupFacts extends Situation {
  readonly vault: VaultId;
  readonly group: number;
  readonly members: readonly Member[];
}

export interface Roles {
  /** All candidates in holder order, the keepers first. */
  readonly order: readonly PeerName[];
  /** Who should have every live chunk of the group: the first `copies` candidates. */
  readonly keepers: readonly PeerName[];
  /** Who should have it as well for as long as fewer than two keepers are live (R1). */
  readonly extras: readonly PeerName[];
  /** How many more live peers the vault would need to keep this group as promised: recruit. */
  readonly short: number;
}

/** R1: never fewer than this many live copies, as long as somebody can take one. */
const FEWEST_LIVE = 2;

/**
 * The members in the order of the group's race: signed ones by arrival, then recruits by arrival. It depends on vault, group and
 * members only, so callers keep it for as long as the members stay the same. `arrival` replaces the hash in models.
 */
export function raceOf(
  vault: VaultId,
  group: number,
  members: readonly Member[],
  arrival: (member: Member) => number = (member) => arrivalOf(member, vault, group),
): readonly Member[] {
  const racers = members.map((member) => ({ member, arrival: arrival(member) }));
  racers.sort((a, b) => {
    if (a.member.recruited !== b.member.recruited) return a.member.recruited ? 1 : -1;
    if (a.arrival !== b.arrival) return a.arrival - b.arrival;
    if (a.member.peer !== b.member.peer) return a.member.peer < b.member.peer ? -1 : 1;
    return a.member.zone < b.member.zone ? -1 : 1;
  });
  const seen = new Set<PeerName>();
  return racers
    .map((racer) => racer.member)
    .filter((member) => !seen.has(member.peer) && seen.add(member.peer));
}

function isLive(peer: PeerName, health: ReadonlyMap<PeerName, Health>): boolean {
  const state = health.get(peer) ?? 'alive';
  return state === 'alive' || state === 'suspect';
}

/** Roles from a race that was computed before: linear in the number of members, no hashing. */
export function rolesInRace(race: readonly Member[], situation: Situation): Roles {
  const { copies, health, unsound, declines, lastResort } = situation;
  const present = race.filter(({ peer }) => health.get(peer) !== 'lost');
  const sound = present.filter(({ peer }) => !unsound.has(peer));
  const agreeing = sound.filter(({ peer }) => !declines.has(peer));
  const willing = agreeing.filter(({ peer }) => !lastResort?.has(peer));
  const spare = willing.length < copies ? agreeing.filter(({ peer }) => lastResort?.has(peer)) : [];
  // Better a keeper that would rather not, or one that failed audits, than none at all.
  const unwilling = agreeing.length > 0 ? [] : sound.length > 0 ? sound : present;
  const order = [willing, spare, unwilling].flatMap(zoneRounds).map((member) => member.peer);
  const keepers = order.slice(0, copies);
  const live = keepers.filter((peer) => isLive(peer, health)).length;
  const lacking = Math.max(0, Math.min(FEWEST_LIVE, copies) - live);
  const extras = order
    .slice(copies)
    .filter((peer) => isLive(peer, health))
    .slice(0, lacking);
  const short = Math.max(0, copies - willing.length, lacking - extras.length);
  return { order, keepers, extras, short };
}

/** Roles of one group, from the facts alone: the same on every peer that knows the same, whatever the order of the members. */
export function rolesOf(facts: GroupFacts): Roles {
  return rolesInRace(raceOf(facts.vault, facts.group, facts.members), facts);
}
