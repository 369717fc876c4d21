/** Changes the tags of snapshots that are there: each becomes a new one in the place of the old (L4). */
import { replaceSnapshot } from '../backup/replace-snapshot.ts';
import { beginUpkeep } from '../backup/upkeep.ts';
import { chooseSnapshots } from './choose-snapshots.ts';
import type { TaggedSnapshot, TagOptions, TagReport } from './history-types.ts';
import { mayChange } from './may-change.ts';
import { infoOf } from './snapshot-info.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'usage', 'not-found', 'ambiguous', 'denied', 'too-few-peers', and what reading a directory throws. */
export async function tagVault(work: VaultWork, options: TagOptions): Promise<TagReport> {
  const upkeep = await syncForUpkeep(work);
  const records = chooseSnapshots(work.state.snapshots(), options.snapshots, options);
  const named = (options.snapshots?.length ?? 0) > 0;
  const hint = 'Give tags there, with "vault backup --tag".';
  const rule = { named, warn: work.warn, stays: 'its tags stay', hint };
  const wanted = records.filter((record) => mayChange(record, rule));
  const changes = wanted.flatMap((record) => {
    const tags = changedTags(record.snapshot.tags, options);
    return tags ? [{ record, tags }] : [];
  });
  const unchanged = wanted.length - changes.length;
  if (!upkeep || changes.length === 0) return { changed: [], unchanged };
  await beginUpkeep(upkeep);
  const changed: TaggedSnapshot[] = [];
  for (const { record, tags } of changes) {
    work.wait.signal?.throwIfAborted();
    changed.push({ was: infoOf(record), id: await replaceSnapshot(upkeep, record, tags), tags });
  }
  return { changed, unchanged };
}

/** `undefined` when nothing changes. */
function changedTags(
  tags: readonly string[],
  { set, add = [], remove = [] }: TagOptions,
): readonly string[] | undefined {
  const wanted = new Set(set ?? [...tags.filter((tag) => !remove.includes(tag)), ...add]);
  const same = wanted.size === tags.length && tags.every((tag) => wanted.has(tag));
  return same ? undefined : [...wanted];
}
