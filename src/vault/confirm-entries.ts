/** Makes entries that are kept here true, once a holder was seen to have them: their chunks live, their snapshots exist (L2). */
import type { LogKeys } from '../crypto/vault-keys.ts';
import type { VaultError } from '../model/errors.ts';
import type { DeviceId } from '../model/ids.ts';
import { decodeEntry, openEntry } from './opened-entry.ts';
import type { VaultState } from './vault-state.ts';

/** Confirms the entries before number `upTo` of one device that were not confirmed yet. */
export function confirmEntries(
  state: VaultState,
  keys: LogKeys,
  device: DeviceId,
  upTo: number,
  onProblem: (problem: VaultError) => void,
): void {
  const from = state.logs.device(device)?.confirmed ?? 0;
  for (const bytes of state.logs.entries(device, from, upTo)) {
    state.logs.apply(openEntry(decodeEntry(bytes, keys, device), bytes, keys, onProblem));
  }
}
