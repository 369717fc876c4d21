/** Commits (L2): signed entries that add what a run uses, the last one announcing it; kept here first, then on the holders. */
import { sealChunk } from '../crypto/chunk-cipher.ts';
import { sign } from '../crypto/ed25519.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { type Announcement, encodeAnnouncement } from '../format/announcement.ts';
import { ChunkKind } from '../format/kinds.ts';
import { encodeLogEntry, entryHash, MAX_ADDS } from '../format/log-entry.ts';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { KnownChunk } from './chunk-books.ts';
import { confirmEntries } from './confirm-entries.ts';
import type { VaultDevice } from './device.ts';
import type { AppendResult, LogExchange } from './log-exchange.ts';
import { staleEntries } from './stale-entries.ts';
import type { VaultState } from './vault-state.ts';

export interface CommitOptions {
  readonly state: VaultState;
  readonly keys: VaultKeys;
  readonly device: VaultDevice;
  readonly exchange: LogExchange;
  /** Said by the last entry. */
  readonly announcement: Announcement;
  readonly signal?: AbortSignal;
}

export interface CommitResult {
  readonly entries: number;
  /** Holders that have this device's log up to the last entry. */
  readonly holders: readonly PeerName[];
  readonly failed: AppendResult['failed'];
}

/**
 * Adds every chunk that `state.chunks` knows as used and not mine. Call after `syncLog` in the same process, or a lost
 * state.db could make a second entry with a number already taken. Throws 'too-few-peers' when no holder takes an entry; it stays here, and the next
 * commit passes it on, forgetting its snapshot when its chunks have expired meanwhile.
 */
export async function commitLog(options: CommitOptions): Promise<CommitResult> {
  const { state, keys, device } = options;
  const stale = staleEntries(state, keys, device.id);
  const announcement = {
    ...options.announcement,
    forgets: [...options.announcement.forgets, ...stale.snapshots],
  };
  for (let entries = 1; ; entries++) {
    const adds = state.chunks.chunksToAdd(MAX_ADDS);
    const last = adds.length < MAX_ADDS;
    keepEntry(options, adds, last ? announcement : undefined);
    const { accepted, failed } = await pass(options);
    state.chunks.markLost(stale.missing);
    if (last) return { entries, holders: accepted, failed };
  }
}

/** Signs the next entry and makes it durable here before anybody hears of it: no other may ever have its number. */
function keepEntry(options: CommitOptions, adds: readonly KnownChunk[], announcement?: Announcement): void {
  const { state, keys, device } = options;
  const log = state.logs.device(device.id);
  const sequence = log?.next ?? 0;
  const entry = {
    vault: keys.vault,
    device: device.id,
    sequence,
    ...(log && sequence > 0 ? { previous: log.hash } : { certificate: device.certificate }),
    adds,
    drops: [],
    ...(announcement
      ? { announcement: sealChunk(keys, ChunkKind.announcement, encodeAnnouncement(announcement)).bytes }
      : {}),
  };
  const bytes = encodeLogEntry(entry, (message) => sign(device.privateKey, message));
  state.logs.store({ entry, bytes, hash: entryHash(bytes) }, device.name);
  state.sync();
}

/** Hands the holders every entry none of them is known to have. */
async function pass(options: CommitOptions): Promise<AppendResult> {
  const { state, keys, device, exchange, signal } = options;
  const log = state.logs.device(device.id);
  const unconfirmed = [...state.logs.entries(device.id, log?.confirmed ?? 0, log?.next ?? 0)];
  const result = await exchange.append(unconfirmed, signal ? { signal } : {});
  if (result.accepted.length === 0) {
    throw new VaultError('too-few-peers', 'no holder took the log entry; the snapshot is not committed', {
      hint: 'What was sent is kept for the next run. Bring some peers up and run the backup again.',
      cause: result.failed[0]?.error,
    });
  }
  confirmEntries(state, keys, device.id, log?.next ?? 0, (problem) => {
    throw problem;
  });
  return result;
}
