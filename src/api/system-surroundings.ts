/** The real world: the system's clock, chance, disk, files and names, and libp2p. */
import { hostname, userInfo } from 'node:os';
import { DryRunTarget } from '../backup/dry-run-target.ts';
import type { FileTarget } from '../backup/file-target.ts';
import { nodeFileSource } from '../backup/node-file-source.ts';
import { NodeFileTarget } from '../backup/node-file-target.ts';
import { NUMERIC_OWNERS, ownerIds } from '../backup/owner-ids.ts';
import { threadUnpackers } from '../backup/thread-unpackers.ts';
import { workerCrew } from '../backup/worker-crew.ts';
import { DEFAULT_COST, keyBeside } from '../crypto/passphrase-box.ts';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { systemRandom } from '../runtime/system-random.ts';
import { localTimeZone as timeZone } from './local-time-zone.ts';
import { machineId } from './machine-id.ts';
import type { Surroundings, TargetWishes } from './surroundings.ts';

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as in some containers.
    return String(process.getuid?.() ?? '');
  }
}

function fileTarget(folder: string, keys: OpeningKeys, { dryRun, numericOwner }: TargetWishes): FileTarget {
  if (dryRun) return new DryRunTarget(folder);
  const ids = numericOwner ? NUMERIC_OWNERS : ownerIds();
  return new NodeFileTarget({ folder, keys, unpackers: threadUnpackers, ids });
}

/** Loaded when needed: nothing else of the library is as large. */
function loadNetwork(): Promise<typeof import('../network/libp2p-network.ts')> {
  return import('../network/libp2p-network.ts');
}

export const systemSurroundings: Surroundings = {
  clock: systemClock,
  random: systemRandom,
  disk: nodeDisk(),
  startNetwork: async (options) => (await loadNetwork()).startLibp2pNetwork(options),
  // startNetwork loads the same, and tells why it cannot.
  prepareNetwork: () => void loadNetwork().catch(() => undefined),
  openState: (home) => home.openState(),
  fileSource: nodeFileSource,
  fileTarget,
  crew: workerCrew,
  deriveKey: keyBeside,
  boxCost: DEFAULT_COST,
  hostName: hostname,
  userName,
  machineId,
  timeZone,
};
