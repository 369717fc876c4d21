/** Gives every reachable holder the log entries it lacks, so that each of them keeps all logs (L3). */

import type { VaultKeys } from '../crypto/vault-keys.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { confirmEntries } from './confirm-entries.ts';
import type { DeviceLog } from './log-books.ts';
import type { HolderHeads, LogExchange } from './log-exchange.ts';
import type { VaultState } from './vault-state.ts';

export interface SpreadOptions {
  readonly state: VaultState;
  readonly keys: VaultKeys;
  readonly exchange: LogExchange;
  readonly shown: readonly HolderHeads[];
  readonly onProblem: (problem: VaultError) => void;
  readonly signal?: AbortSignal;
}

const BATCH_BYTES = 2 * MiB;

/** Best effort: a holder that refuses stays as it is, and is asked again at the next sync. */
export async function spreadLogs(options: SpreadOptions): Promise<void> {
  const { state, shown } = options;
  for (const log of state.logs.devices()) {
    const fewest = Math.min(...shown.map((holder) => nextShown(holder, log)));
    if (fewest < log.next) await spreadOne(options, log, fewest);
  }
}

async function spreadOne(options: SpreadOptions, log: DeviceLog, from: number): Promise<void> {
  const { state, keys, exchange, signal } = options;
  const wait = signal ? { signal } : {};
  let accepted: readonly PeerName[] = [];
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  for (const bytes of state.logs.entries(log.device, from, log.next)) {
    batch.push(bytes);
    batchBytes += bytes.length;
    if (batchBytes < BATCH_BYTES) continue;
    await exchange.append(batch, wait);
    batch = [];
    batchBytes = 0;
  }
  if (batch.length > 0) accepted = (await exchange.append(batch, wait)).accepted;
  if (accepted.length > 0) confirmEntries(state, keys, log.device, log.next, options.onProblem);
}

function nextShown(holder: HolderHeads, log: DeviceLog): number {
  return holder.heads.find(({ device }) => bytesEqual(device, log.device))?.next ?? 0;
}
