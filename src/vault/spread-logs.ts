/** Gives every reachable holder the log entries it lacks, so that each of them keeps all logs (L3). */
import { bytesEqual } from '../model/bytes.ts';
import { MiB } from '../model/units.ts';
import type { DeviceLog } from './log-books.ts';
import type { HolderHeads, LogExchange } from './log-exchange.ts';
import type { VaultState } from './vault-state.ts';

export interface SpreadOptions {
  readonly state: VaultState;
  readonly exchange: LogExchange;
  readonly shown: readonly HolderHeads[];
  readonly signal?: AbortSignal;
}

const BATCH_BYTES = 2 * MiB;

/**
 * Best effort: a holder that refuses stays as it is, and is asked again at the next sync. Entries of this device that no holder
 * has confirmed yet wait for the next commit, which first looks whether their chunks are still there.
 */
export async function spreadLogs(options: SpreadOptions): Promise<void> {
  const { state, shown } = options;
  for (const log of state.logs.devices()) {
    const fewest = Math.min(...shown.map((holder) => nextShown(holder, log)));
    if (fewest < standing(log)) await spreadOne(options, log, fewest);
  }
}

async function spreadOne(options: SpreadOptions, log: DeviceLog, from: number): Promise<void> {
  const { state, exchange, signal } = options;
  const wait = signal ? { signal } : {};
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  for (const bytes of state.logs.entries(log.device, from, standing(log))) {
    batch.push(bytes);
    batchBytes += bytes.length;
    if (batchBytes < BATCH_BYTES) continue;
    await exchange.append(batch, wait);
    batch = [];
    batchBytes = 0;
  }
  if (batch.length > 0) await exchange.append(batch, wait);
}

/** Entries after a device was retired are refused everywhere. */
function standing(log: DeviceLog): number {
  return Math.min(log.confirmed, log.ends ?? log.confirmed);
}

function nextShown(holder: HolderHeads, log: DeviceLog): number {
  return holder.heads.find(({ device }) => bytesEqual(device, log.device))?.next ?? 0;
}
