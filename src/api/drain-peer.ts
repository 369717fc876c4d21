/** Asks the peer that runs on a folder to hand over what it keeps, and waits until it may be switched off (R5). */
import { VaultError } from '../model/errors.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { writeDrainRequest } from './drain-request.ts';
import { tryLockFolder } from './folder-lock.ts';
import { readPeerFolder } from './peer-folder.ts';
import type { DrainPeerOptions, UpkeepReport } from './peer-types.ts';
import { readStatusFile } from './status-file.ts';

const POLL_MS = 500;
/** A running peer looks for requests every two seconds. */
const NOTICED_MS = 30_000;

/**
 * The last report of the peer. Throws 'no-peer' (there is none, or it does not run, or stopped meanwhile: the request stays and is
 * followed at the next start), 'timeout' (it does not take note), the signal's reason (it goes on draining).
 */
export async function drainPeer(options: DrainPeerOptions): Promise<UpkeepReport> {
  const { folder, on, wait, onProgress, signal } = options;
  await readPeerFolder(folder);
  const askedMs = systemClock.now();
  await writeDrainRequest(folder, on);
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    mustRun(folder, on);
    const status = await readStatusFile(folder);
    const upkeep = status && status.writtenMs >= askedMs ? status.upkeep : undefined; // not what an earlier run wrote
    if (upkeep?.draining === on) {
      onProgress?.(upkeep);
      if (!on || !wait || upkeep.safeToLeave) return upkeep;
    } else if (systemClock.monotonicMs() - startedMs > NOTICED_MS) {
      throw new VaultError('timeout', `the peer in ${folder} runs, but does not take note of the request`, {
        hint: 'Its status may tell why: "vault-peer status".',
      });
    }
    await systemClock.sleep(POLL_MS, signal);
  }
}

function mustRun(folder: string, on: boolean): void {
  const lock = tryLockFolder(folder);
  if (!lock) return;
  lock.release();
  throw new VaultError('no-peer', `the peer in ${folder} does not run: it cannot hand over anything now`, {
    hint: on
      ? 'Start it with "vault-peer run": it begins at once then. Or take the request back with "vault-peer drain --undo".'
      : 'It takes part again from its next start.',
  });
}
