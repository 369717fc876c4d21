/** acknowledged-restores (S4): what comes back is what was backed up; and when it could come back, it does. */
import type { PathProblem } from '../../api/vault-types.ts';
import { differenceOf, type MemoryTree } from '../memory-tree.ts';
import type { KnownSnapshot } from '../truth.ts';
import { ROOT } from '../user-files.ts';
import type { World } from '../world.ts';

const NAME = 'acknowledged-restores';

/** Only what was asked for: "/" itself is not part of a backup of "/data". */
function belowRoot(tree: MemoryTree): MemoryTree {
  return new Map([...tree].filter(([path]) => path.startsWith(ROOT)));
}

/** Nothing is broken right now that could keep a reader from a good copy of each chunk. */
function couldBeRead(world: World, snapshot: KnownSnapshot): boolean {
  if (world.active.size > 0) return false;
  return [...snapshot.digests].every((digest) =>
    world.keepers(digest).some((machine) => machine.running && !machine.liar),
  );
}

export function restoredRight(
  world: World,
  snapshot: KnownSnapshot,
  restored: MemoryTree,
  failed: readonly PathProblem[],
): void {
  const name = snapshot.id.slice(0, 8);
  if (failed.length > 0) {
    if (snapshot.fate !== 'live' || !couldBeRead(world, snapshot)) world.count('restores that had to wait');
    else world.fail(NAME, `snapshot ${name} did not restore: ${failed[0]?.message ?? ''}`);
    return;
  }
  const difference = differenceOf(belowRoot(snapshot.tree), belowRoot(restored));
  if (difference) world.fail(NAME, `snapshot ${name} restored differently: ${difference}`);
}
