/** acknowledged-copies-exist (S4, L5): at the moment of the acknowledgement, disks hold as many copies as were acknowledged. */
import type { World } from '../world.ts';
import { believableCopies } from './excuses.ts';

export function acknowledgedCopies(world: World, snapshot: string, copies: number): void {
  for (const digest of world.truth.get(snapshot)?.digests ?? []) {
    const found = believableCopies(world, digest);
    if (found >= copies) continue;
    world.fail(
      'acknowledged-copies-exist',
      `snapshot ${snapshot.slice(0, 8)} was acknowledged with ${copies} copies, but chunk ${digest.slice(0, 8)} has ${found}`,
    );
    return;
  }
}
