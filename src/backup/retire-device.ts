/** Ends the log of a device that is gone: first this one adds what its snapshots need, then nothing of its counts any more (L1, L4). */

import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import type { DeviceId } from '../model/ids.ts';
import { commitLog, commitRetirement, requireActive } from '../vault/commit-log.ts';
import type { DeviceLog } from '../vault/log-books.ts';
import { adoptForgets, beginUpkeep, reachOf, type UpkeepOptions } from './upkeep.ts';

export interface RetireOptions extends UpkeepOptions {
  readonly target: DeviceId;
  /** Brings the books up to date; called before the log is ended, as the device may have written meanwhile. */
  readonly sync: () => Promise<void>;
}

export interface RetireResult {
  readonly snapshots: number;
  /** Chunks this device's log added. */
  readonly chunksAdded: number;
  readonly holders: number;
}

const ROWS = 1024;
/** A device that writes all the time is not gone. */
const MAX_ROUNDS = 5;

/**
 * Killed anywhere, it loses nothing: what was added is kept twice until the log is ended. Throws 'usage' for this device and for one
 * that is retired, 'not-found', what reading a directory throws, 'too-few-peers', 'denied'.
 */
export async function retireDevice(options: RetireOptions): Promise<RetireResult> {
  requireActive(options.state, options.device);
  if (bytesEqual(options.target, options.device.id)) {
    throw new VaultError('usage', 'a device cannot retire itself', {
      hint: 'Retire it from another device of the vault; "vault recover" makes one.',
    });
  }
  await beginUpkeep(options);
  let chunksAdded = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const log = requireWriting(options);
    const taken = await takeOver(options, log);
    chunksAdded += taken.chunksAdded;
    await options.sync();
    const now = requireWriting(options);
    if (now.next !== log.next) continue;
    const { device, next, hash } = log;
    const retires = next > 0 ? { device, next, hash } : { device, next };
    const { holders } = await commitRetirement(options, retires);
    return { snapshots: taken.snapshots, chunksAdded, holders: holders.length };
  }
  throw new VaultError('locked', 'that device is writing to the vault now, so it was not retired', {
    hint: 'Stop its backups, then try again.',
  });
}

function requireWriting({ state, target }: RetireOptions): DeviceLog {
  const log = state.logs.device(target);
  if (!log) throw new VaultError('not-found', 'no log of that device is known');
  if (log.ends === undefined) return log;
  throw new VaultError('usage', `device "${log.name}" is retired already`);
}

async function takeOver(options: RetireOptions, { no }: DeviceLog): Promise<Omit<RetireResult, 'holders'>> {
  const { state } = options;
  const kept = state.logs.keptBy(no);
  const live = state.snapshots().filter((record) => kept.has(record.device));
  const reach = await reachOf(options, live, 'the device was not retired');
  state.chunks.beginRun();
  for (let number = 0; number < reach.chunks.size; number++) {
    if (state.chunks.takeOver(reach.chunks.at(number))) continue;
    throw new VaultError('corrupt', 'a snapshot of that device needs a chunk that no log has added');
  }
  // They tell what is in its chunks, so that nothing of it is sent again.
  for (const index of [...kept].flatMap((one) => state.logs.indexesOf(one))) state.chunks.takeOver(index);
  let chunksAdded = 0;
  for (const group of state.chunks.allToAdd(ROWS)) chunksAdded += group.length;
  if (chunksAdded > 0) await commitLog({ ...options, announcement: { index: [], forgets: [] } });
  state.chunks.beginRun();
  await adoptForgets(options, kept);
  return { snapshots: live.length, chunksAdded };
}
