/** Commits (L2): signed entries that add what a run uses, announce it, drop or retire; kept here first, then on the holders. */
import { sealChunk } from '../crypto/chunk-cipher.ts';
import { sign } from '../crypto/ed25519.ts';
import { canOpen, isOwner, type LogKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { type Announcement, encodeAnnouncement } from '../format/announcement.ts';
import { ChunkKind } from '../format/kinds.ts';
import { encodeLogEntry, entryHash, type LogEntry, MAX_ADDS, type Retirement } from '../format/log-entry.ts';
import { assert, VaultError } from '../model/errors.ts';
import { type Digest, idText, type PeerName } from '../model/ids.ts';
import { allows } from '../policy/device-rights.ts';
import { confirmEntries } from './confirm-entries.ts';
import type { VaultDevice } from './device.ts';
import type { AppendResult, LogExchange } from './log-exchange.ts';
import { staleEntries } from './stale-entries.ts';
import type { VaultState } from './vault-state.ts';

export interface LogWriter {
  readonly state: VaultState;
  readonly keys: VaultKeys;
  readonly device: VaultDevice;
  readonly exchange: LogExchange;
  readonly signal?: AbortSignal;
}

export interface CommitOptions extends LogWriter {
  /** Said by the last entry. */
  readonly announcement: Announcement;
}

export interface CommitResult {
  readonly entries: number;
  /** Holders that have this device's log up to the last entry. */
  readonly holders: readonly PeerName[];
  readonly failed: AppendResult['failed'];
}

/** Also a device without content keys can sign an entry; it can announce nothing. */
type EntryWriter = Omit<LogWriter, 'keys'> & { readonly keys: LogKeys };

/** What one entry says besides its place in the log. */
type EntryBody = Partial<Pick<LogEntry, 'adds' | 'drops' | 'retires'>> & {
  readonly announcement?: Announcement;
};

/** Throws 'denied' when another device has retired this one: no holder takes its entries any more. */
export function requireActive(state: VaultState, { id, name }: Pick<VaultDevice, 'id' | 'name'>): void {
  if (state.logs.device(id)?.ends === undefined) return;
  throw new VaultError('denied', `this device ("${name}") was retired by another device of the vault`, {
    hint: 'To write from this machine again, make it a new device: "vault recover" into another VAULT_HOME.',
    data: { device: idText(id) },
  });
}

/**
 * Adds every chunk that `state.chunks` knows as used and not mine. Call after `syncLog` in the same process, or a lost
 * state.db could make a second entry with a number already taken. Throws 'too-few-peers' when no holder takes an entry; it stays here, and the next
 * commit passes it on, forgetting its snapshot when its chunks have expired meanwhile. Throws 'denied' when this device is retired.
 */
export async function commitLog(options: CommitOptions): Promise<CommitResult> {
  const { state, keys, device } = options;
  requireActive(state, device);
  const stale = staleEntries(state, keys, device.id);
  const { forgets } = options.announcement;
  // Who may take nothing away is not believed when it forgets: such a snapshot stays in the list, and is whole again with what is sent anew.
  const announcement = {
    ...options.announcement,
    forgets: allows(device.role, 'take-away') ? [...forgets, ...stale.snapshots] : [],
  };
  for (let entries = 1; ; entries++) {
    const adds = state.chunks.chunksToAdd(MAX_ADDS);
    const last = adds.length < MAX_ADDS;
    keepEntry(options, { adds, ...(last ? { announcement } : {}) });
    const { accepted, failed } = await pass(options);
    state.chunks.markLost(stale.missing);
    if (last) return { entries, holders: accepted, failed };
  }
}

/** Passes on entries of this device that no holder is known to have. Throws like `commitLog`. */
export async function settleLog(writer: LogWriter): Promise<void> {
  await commitLog({ ...writer, announcement: { index: [], forgets: [] } });
}

/** Gives up own adds, at most MAX_DROPS of them (L4). Call `settleLog` before: what is still on its way must not need them. */
export async function commitDrops(writer: LogWriter, drops: readonly Digest[]): Promise<CommitResult> {
  return await commitBody(writer, { drops });
}

/** Ends another device's log (L4). What its snapshots need must have been added before. */
export async function commitRetirement(writer: LogWriter, retires: Retirement): Promise<CommitResult> {
  return await commitBody(writer, { retires });
}

/**
 * Makes a device known by an entry that says nothing else, unless its log has begun. Throws 'too-few-peers' when no holder takes it; then it
 * is passed on the next time. Throws 'denied' when this device is retired.
 */
export async function introduceDevice(writer: EntryWriter): Promise<void> {
  const { state, device } = writer;
  requireActive(state, device);
  const log = state.logs.device(device.id);
  if (!log || log.next === 0) keepEntry(writer, {});
  else if (log.confirmed > 0) return;
  requireActive(state, device); // it may have been retired before it came
  await pass(writer);
}

async function commitBody(writer: LogWriter, body: EntryBody): Promise<CommitResult> {
  requireActive(writer.state, writer.device);
  keepEntry(writer, body);
  const { accepted, failed } = await pass(writer);
  return { entries: 1, holders: accepted, failed };
}

/** Signs the next entry and makes it durable here before anybody hears of it: no other may ever have its number. */
function keepEntry({ state, keys, device }: EntryWriter, body: EntryBody): void {
  const log = state.logs.device(device.id);
  const sequence = log?.next ?? 0;
  const { adds = [], drops = [], retires, announcement } = body;
  const entry = {
    vault: keys.vault,
    device: device.id,
    sequence,
    ...(log && sequence > 0 ? { previous: log.hash } : { certificate: device.certificate }),
    adds,
    drops,
    ...(retires ? { retires } : {}),
    ...(announcement ? { announcement: sealedAnnouncement(keys, announcement) } : {}),
  };
  const { signPrivate } = canOpen(keys) && isOwner(keys) ? keys : {};
  const bytes = encodeLogEntry(
    entry,
    (message) => sign(device.privateKey, message),
    signPrivate && ((message) => sign(signPrivate, message)),
  );
  state.logs.store({ entry, bytes, hash: entryHash(bytes) }, device.name);
  state.sync();
}

function sealedAnnouncement(keys: LogKeys, announcement: Announcement): Uint8Array {
  assert(canOpen(keys), 'a device without content keys announces something');
  return sealChunk(keys, ChunkKind.announcement, encodeAnnouncement(announcement)).bytes;
}

/** Hands the holders every entry none of them is known to have. */
async function pass({ state, keys, device, exchange, signal }: EntryWriter): Promise<AppendResult> {
  const log = state.logs.device(device.id);
  const unconfirmed = [...state.logs.entries(device.id, log?.confirmed ?? 0, log?.next ?? 0)];
  const result = await exchange.append(unconfirmed, signal ? { signal } : {});
  if (result.accepted.length === 0) {
    throw new VaultError('too-few-peers', 'no holder took the log entry, so nothing is committed', {
      hint: 'What was sent is kept for the next run. Bring some peers up and run this again.',
      cause: result.failed[0]?.error,
    });
  }
  confirmEntries(state, keys, device.id, log?.next ?? 0, (problem) => {
    throw problem;
  });
  return result;
}
