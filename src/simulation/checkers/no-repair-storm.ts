/** no-repair-storm (R2): a mesh that falls in two does not copy everything again in each half. */
import type { World } from '../world.ts';

const COPIES = 3;
/** Surplus that departures, returns and newcomers explain. */
const USUAL_SURPLUS = 2;

/** Called when a partition ends, with the chunks that were needed when it began. */
export function noRepairStorm(world: World, digests: ReadonlySet<string>): void {
  const many = [...digests].filter((digest) => world.keepers(digest).length > COPIES + USUAL_SURPLUS);
  if (digests.size === 0 || many.length * 2 <= digests.size) return;
  world.fail(
    'no-repair-storm',
    `after a partition ${many.length} of ${digests.size} chunks have more than ${COPIES + USUAL_SURPLUS} copies`,
  );
}
