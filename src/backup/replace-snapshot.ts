/** Puts a snapshot that says something else in the place of one: a new one, and in the same log entry the old one forgotten (L1, L4). */
import { encodeSnapshot, type Snapshot, snapshotId } from '../format/snapshot.ts';
import { VaultError } from '../model/errors.ts';
import { type Digest, keyOf, type PeerName } from '../model/ids.ts';
import { commitLog, requireActive } from '../vault/commit-log.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { checkDescription } from './check-description.ts';
import { reachOf, type UpkeepOptions } from './upkeep.ts';

export interface Successor {
  /** All that it says. Its chunks are in the books: live, or sent by this run. */
  readonly snapshot: Snapshot;
  /** Index chunks of this run. */
  readonly index: readonly Digest[];
  /** Chunks that this run has sent or looked up, and that it adds anyway. */
  readonly fresh: readonly Digest[];
  /** Forgets the one whose place it takes; else both are there. */
  readonly forgets: boolean;
}

/**
 * The same content with other tags. Call after `beginUpkeep`. Killed anywhere, the vault has the old snapshot or the new one. When two
 * devices do it at once, both new ones are there, each kept by its own device. Returns the new id. Throws 'usage' (tags that no snapshot can
 * have), 'lost' (a chunk that no log has named), 'too-few-peers', 'denied', and what reading a directory throws.
 */
export async function replaceSnapshot(
  options: UpkeepOptions,
  record: SnapshotRecord,
  tags: readonly string[],
): Promise<string> {
  const { state, device } = options;
  requireActive(state, device);
  checkDescription({ ...record.snapshot, tags });
  state.chunks.beginRun();
  const snapshot = { ...record.snapshot, tags, device: device.id, original: record.id };
  await announceSuccessor(options, record, { snapshot, index: [], fresh: [], forgets: true });
  return snapshotId(encodeSnapshot(snapshot));
}

/** Commits what the run before it has sent, too. Returns the holders that took the entry. Throws like `replaceSnapshot`. */
export async function announceSuccessor(
  options: UpkeepOptions,
  record: SnapshotRecord,
  { snapshot, index, fresh, forgets }: Successor,
): Promise<readonly PeerName[]> {
  // What another device keeps now may be given up there as soon as the old snapshot is forgotten.
  if (!options.state.isOwn(record)) await takeOverAll(options, { ...record, snapshot }, fresh);
  const announcement = { snapshot, index, forgets: forgets ? [record.id] : [] };
  const { holders } = await commitLog({ ...options, announcement });
  return holders;
}

async function takeOverAll(
  options: UpkeepOptions,
  record: SnapshotRecord,
  fresh: readonly Digest[],
): Promise<void> {
  const { chunks } = await reachOf(options, [record], 'it was not changed');
  const added = new Set(fresh.map(keyOf));
  for (let number = 0; number < chunks.size; number++) {
    const digest = chunks.at(number);
    if (added.has(keyOf(digest)) || options.state.chunks.takeOver(digest)) continue;
    throw new VaultError(
      'lost',
      `a chunk of snapshot ${record.id.slice(0, 8)} is in no log, so it was not changed`,
    );
  }
}
