/** What a peer that keeps its word may still be wrong about: damage that nobody can have noticed yet. */
import { LIES, type Lie } from '../host.ts';
import type { Machine } from '../machine.ts';
import { HOUR } from '../simulation-settings.ts';
import type { World } from '../world.ts';

/** Noticed within this: a scrub's pass, or an audit's luck; departures when they are called lost. */
function noticedWithinMs({ settings }: World): number {
  const { scrubMs, health, syncMs } = settings.keeper;
  return Math.max(scrubMs, health.lostMs) * 1.5 + 4 * syncMs;
}

export interface Leniency {
  /** Damage of so long ago is known. */
  readonly withinMs: number;
  /** Lies that cannot be seen through by who asks. */
  readonly liars: readonly Lie[];
}

/** Machines that are rightly believed to have this chunk though they have lost it, by our own doing, and lately. */
export function excused(world: World, digest: string, { withinMs, liars }: Leniency): readonly Machine[] {
  const sinceMs = world.nowMs - withinMs;
  return world.machines.filter((machine) => {
    if (machine.offers(digest)) return false;
    if (machine.liar && liars.includes(machine.liar.lie)) return true;
    if (machine.goneMs !== undefined) return machine.goneMs >= sinceMs && machine.books.has(digest);
    return world.ledger.damagedSince(machine.options.index, digest, sinceMs);
  });
}

/** For who asked for proofs: what happened between a proof and what it allows; and who can have proved without having it. */
export const PROVED: Leniency = { withinMs: 2 * HOUR, liars: ['fetching'] };

/** For who only asks "have you?". */
function leniency(world: World): Leniency {
  return { withinMs: noticedWithinMs(world), liars: LIES };
}

/** Copies that anybody could rightly believe in: good ones, and those lost so lately that it is not known. */
export function believableCopies(world: World, digest: string): number {
  return world.keepers(digest).length + excused(world, digest, leniency(world)).length;
}
