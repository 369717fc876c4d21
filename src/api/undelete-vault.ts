/** Brings forgotten snapshots back while the holders' trash has what they need (L4). */
import { forgottenSnapshots, runUndelete, type TrashLookup, type Undeleted } from '../backup/undelete.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { findSnapshot, infoOf } from './snapshot-info.ts';
import type { UndeletedSnapshot, UndeleteOptions, UndeleteReport } from './upkeep-types.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'usage', 'not-found', 'ambiguous', 'too-few-peers', 'unavailable', 'denied'. */
export async function undeleteVault(work: VaultWork, options: UndeleteOptions): Promise<UndeleteReport> {
  const { list = false, all = false, snapshots } = options;
  if (!list && !all && !snapshots?.length) throw new VaultError('usage', 'say which snapshots to bring back');
  const dryRun = list || options.dryRun === true;
  const upkeep = await syncForUpkeep(work);
  const records = chosen(forgottenSnapshots(work.state), all || !snapshots?.length ? undefined : snapshots);
  if (!upkeep || records.length === 0) return { dryRun, snapshots: [], restored: 0 };
  const done = await runUndelete({ ...upkeep, records, dryRun, isThere: trashLookup(work) });
  const rows = done.map(rowOf);
  return { dryRun, snapshots: rows, restored: rows.filter(({ id }) => id !== undefined).length };
}

function chosen(
  records: readonly SnapshotRecord[],
  names: readonly string[] | undefined,
): readonly SnapshotRecord[] {
  if (!names) return records;
  return [...new Set(names.map((name) => findSnapshot(records, name)))];
}

function rowOf({ record, id, chunksMissing, complete }: Undeleted): UndeletedSnapshot {
  return { was: infoOf(record), ...(id === undefined ? {} : { id }), chunksMissing, complete };
}

/** True where any holder that answers has the chunk, if only in its trash. Who fails once is not asked again. */
function trashLookup({ session }: VaultWork): TrashLookup {
  const asked = new Set(session.holders());
  return async (digests, options) => {
    const there = digests.map(() => false);
    const ask = async (peer: string): Promise<void> => {
      try {
        const here = await session.remoteOf(peer).has(digests, { ...options, trash: true });
        here.forEach((has, i) => {
          if (has) there[i] = true;
        });
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
        asked.delete(peer);
      }
    };
    await Promise.all([...asked].map(ask));
    if (asked.size === 0) throw new VaultError('unavailable', 'no holder of this vault answers now');
    return there;
  };
}
