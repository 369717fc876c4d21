/** drained-is-safe (R5): a peer that says it may be switched off has no copy that others do not have in full number. */
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';
import { excused, PROVED } from './excuses.ts';

const COPIES = 3;

export function drainedIsSafe(world: World, machine: Machine): void {
  for (const digest of world.truth.needed()) {
    if (!machine.books.has(digest)) continue;
    const believed = [...world.keepers(digest), ...excused(world, digest, PROVED)];
    const others = believed.filter((other) => other !== machine).length;
    if (others >= COPIES) continue;
    world.fail(
      'drained-is-safe',
      `${machine.label} may leave by its own word, but of chunk ${digest.slice(0, 8)} others have ${others} copies`,
    );
    return;
  }
}
