/** Puts a snapshot with other tags in the place of one: a new one with the same content, and in the same log entry the old one forgotten (L1, L4). */
import { encodeSnapshot, snapshotId } from '../format/snapshot.ts';
import { VaultError } from '../model/errors.ts';
import { commitLog, requireActive } from '../vault/commit-log.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { checkDescription } from './check-description.ts';
import { reachOf, type UpkeepOptions } from './upkeep.ts';

/**
 * Call after `beginUpkeep`. Killed anywhere, the vault has the old snapshot or the new one. When two devices do it at once, both new ones are
 * there, each kept by its own device. Returns the new id. Throws 'usage' (tags that no snapshot can have), 'lost' (a chunk that no log
 * has named), 'too-few-peers', 'denied', and what reading a directory throws.
 */
export async function replaceSnapshot(
  options: UpkeepOptions,
  record: SnapshotRecord,
  tags: readonly string[],
): Promise<string> {
  const { state, device } = options;
  const { paths, host, user } = record.snapshot;
  requireActive(state, device);
  checkDescription({ paths, tags, host, user });
  state.chunks.beginRun();
  // What another device keeps now may be given up there as soon as the old snapshot is forgotten.
  if (!state.isOwn(record)) await takeOverAll(options, record);
  const snapshot = { ...record.snapshot, tags, device: device.id, original: record.id };
  await commitLog({ ...options, announcement: { snapshot, index: [], forgets: [record.id] } });
  return snapshotId(encodeSnapshot(snapshot));
}

async function takeOverAll(options: UpkeepOptions, record: SnapshotRecord): Promise<void> {
  const { chunks } = await reachOf(options, [record], 'it was not changed');
  for (let number = 0; number < chunks.size; number++) {
    if (options.state.chunks.takeOver(chunks.at(number))) continue;
    throw new VaultError(
      'lost',
      `a chunk of snapshot ${record.id.slice(0, 8)} is in no log, so it was not changed`,
    );
  }
}
