/** `vault import`: feeds the mesh from an export, so that what was carried on a disk need not cross a slow line (X8). */

import { readTables } from '../export/export-papers.ts';
import { JoinedReader } from '../export/joined-reader.ts';
import type { VaultError } from '../model/errors.ts';
import { openSource, syncFrom } from './export-source.ts';
import type { ImportOptions } from './export-types.ts';
import { repairVault } from './repair-vault.ts';
import type { RepairReport } from './upkeep-types.ts';
import type { VaultWork } from './vault-work.ts';

/**
 * The same as a repair that may read the export too: also into a new mesh in which nobody has anything yet. Throws as `repairVault`,
 * and 'not-found' when there is no export of this vault.
 */
export async function importVault(work: VaultWork, options: ImportOptions): Promise<RepairReport> {
  const { home, state, session, surroundings, warn, wait } = work;
  const source = await openSource(options.from, home.vault, surroundings, { warn });
  await syncFrom(source, { state, keys: home.logKeys, warn, ...wait });
  session.learnTable(await readTables(source.places, home.vault));
  const exported = source.readingStore();
  return repairVault(work, options, {
    reader: new JoinedReader([exported, async () => session.readingStore()]),
    // Holders that know less than the export are what an import is for.
    onAlarm: (alarm: VaultError) => {
      if (alarm.code !== 'rollback') throw alarm;
    },
  });
}
