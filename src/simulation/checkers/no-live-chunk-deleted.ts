/** no-live-chunk-deleted (S4, R3, L4): a holder lets go of a chunk that snapshots need only while three others have it. */
import type { DiskChange, World } from '../world.ts';
import { excused, PROVED } from './excuses.ts';

const COPIES = 3;

export function noLiveChunkDeleted(world: World, { machine, kind, before }: DiskChange): void {
  if (kind !== 'removed' || !before?.good || machine.books.has(before.digest)) return;
  if (!world.truth.needed().has(before.digest)) return;
  const others = world.keepers(before.digest).length + excused(world, before.digest, PROVED).length;
  if (others >= COPIES) {
    world.count('copies trimmed');
    return;
  }
  world.fail(
    'no-live-chunk-deleted',
    `${machine.label} deleted chunk ${before.digest.slice(0, 8)} (${before.place}), which a snapshot needs and ${others} others have`,
  );
}
