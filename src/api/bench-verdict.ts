/** From what was measured to what it means for a first backup. */
import { type FirstBackup, firstBackup } from '../policy/first-backup.ts';
import type { MachineBench, MeshBench } from './bench-types.ts';

/** What came out of memory says nothing of the disk, and is left out. */
export function benchVerdict({ seal, disk }: MachineBench, mesh?: MeshBench): FirstBackup {
  const photos = seal.find(({ content }) => content === 'incompressible');
  const { readRate, readFromMemory } = disk;
  return firstBackup({
    sealRate: photos?.allThreadsRate ?? 1,
    ...(readRate === undefined || readFromMemory ? {} : { readRate }),
    ...(mesh ? { mesh: { copies: mesh.copiesTarget, peers: mesh.peers } } : {}),
  });
}
