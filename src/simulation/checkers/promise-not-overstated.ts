/** promise-not-overstated (S4): `status` never says that more peers may be lost than really may. */
import type { SnapshotStatus } from '../../api/status-types.ts';
import type { World } from '../world.ts';
import { believableCopies } from './excuses.ts';

export function promiseKept(world: World, rows: readonly SnapshotStatus[]): void {
  for (const { snapshot, peersCanBeLost } of rows) {
    const known = world.truth.get(snapshot.id);
    for (const digest of known?.digests ?? []) {
      const copies = believableCopies(world, digest);
      if (copies > peersCanBeLost || peersCanBeLost === 0) continue;
      world.fail(
        'promise-not-overstated',
        `status says ${snapshot.id.slice(0, 8)} survives the loss of ${peersCanBeLost}, but chunk ${digest.slice(0, 8)} has ${copies} copies`,
      );
      return;
    }
  }
  world.count('promises checked', rows.length);
}
