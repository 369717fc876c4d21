/** Brings forgotten snapshots back while the holders' trash has what they need (L4). */
import { forgottenSnapshots, runUndelete, type TrashLookup, type Undeleted } from '../backup/undelete.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
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
  if (!upkeep || records.length === 0) return { dryRun, snapshots: [], holdersSilent: 0, restored: 0 };
  const asked = new Set(work.session.appointed());
  const done = await runUndelete({ ...upkeep, records, dryRun, isThere: trashLookup(work, asked) });
  const rows = done.map(rowOf);
  const silent = work.session.table?.members.filter(({ peer }) => !asked.has(peer)) ?? [];
  const restored = rows.filter(({ id }) => id !== undefined).length;
  return { dryRun, snapshots: rows, holdersSilent: silent.length, restored };
}

function chosen(
  records: readonly SnapshotRecord[],
  names: readonly string[] | undefined,
): readonly SnapshotRecord[] {
  if (!names) return records;
  return [...new Set(names.map((name) => findSnapshot(records, name, 'vault undelete --list')))];
}

function rowOf({ record, id, chunksMissing, complete }: Undeleted): UndeletedSnapshot {
  return { was: infoOf(record), ...(id === undefined ? {} : { id }), chunksMissing, complete };
}

/** True where a member or recruit that answers has the chunk, if only in its trash. Who fails once leaves `asked` and is not asked again. */
function trashLookup({ session }: VaultWork, asked: Set<PeerName>): TrashLookup {
  return async (digests, options) => {
    const there = digests.map(() => false);
    const ask = async (peer: PeerName): Promise<void> => {
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
