/** What a peer that keeps its word may still be wrong about: damage that nobody can have noticed yet. */
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';

/** Noticed within this: a scrub's pass, or an audit's luck; departures when they are called lost. */
export function noticedWithinMs({ settings }: World): number {
  const { scrubMs, health, syncMs } = settings.keeper;
  return Math.max(scrubMs, health.lostMs) * 1.5 + 4 * syncMs;
}

/** Machines that are rightly believed to have this chunk though they have lost it, by our own doing, and lately. */
export function excused(world: World, digest: string, withinMs: number): readonly Machine[] {
  const sinceMs = world.nowMs - withinMs;
  return world.machines.filter((machine) => {
    if (machine.offers(digest)) return false;
    if (machine.liar) return true;
    if (machine.goneMs !== undefined) return machine.goneMs >= sinceMs && machine.books.has(digest);
    return world.ledger.damagedSince(machine.options.index, digest, sinceMs);
  });
}

/** Copies that anybody could rightly believe in: good ones, and those lost so lately that it is not known. */
export function believableCopies(world: World, digest: string, withinMs: number): number {
  return world.keepers(digest).length + excused(world, digest, withinMs).length;
}
