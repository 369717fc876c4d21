/** Entries that were signed here and that no holder took: what they name may have expired on the holders meanwhile (L2). */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { encodeSnapshot, snapshotId } from '../format/snapshot.ts';
import type { VaultError } from '../model/errors.ts';
import type { DeviceId, Digest } from '../model/ids.ts';
import { decodeEntry, openEntry } from './opened-entry.ts';
import type { VaultState } from './vault-state.ts';

export interface StaleEntries {
  /** Chunks they add that are neither live nor sent any more. */
  readonly missing: readonly Digest[];
  /** Ids of the snapshots they announce, when anything is missing: such a snapshot must not be taken for whole. */
  readonly snapshots: readonly string[];
}

/** A signed entry can not be taken back (some holder may have it and be away), but what it announces can be forgotten. */
export function staleEntries(state: VaultState, keys: VaultKeys, device: DeviceId): StaleEntries {
  const log = state.logs.device(device);
  const missing: Digest[] = [];
  const snapshots: string[] = [];
  const problems: VaultError[] = [];
  for (const bytes of state.logs.entries(device, log?.confirmed ?? 0, log?.next ?? 0)) {
    const { entry, announcement } = openEntry(decodeEntry(bytes, keys, device), bytes, keys, (problem) =>
      problems.push(problem),
    );
    for (const { digest } of entry.adds) if (!state.chunks.isKnown(digest)) missing.push(digest);
    if (announcement?.snapshot) snapshots.push(snapshotId(encodeSnapshot(announcement.snapshot)));
  }
  const [problem] = problems;
  if (problem) throw problem;
  return missing.length > 0 ? { missing, snapshots } : { missing, snapshots: [] };
}
