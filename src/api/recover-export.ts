/** Makes a machine a device of its vault again from an export alone: no peer has to answer (X5). */
import { isOwner } from '../crypto/vault-keys.ts';
import { readNote, readTables } from '../export/export-papers.ts';
import { decodeTicket } from '../format/ticket.ts';
import { VaultError } from '../model/errors.ts';
import { VaultHome } from '../vault/vault-home.ts';
import { openSource } from './export-source.ts';
import { newDevice } from './new-device.ts';
import { exportKeys } from './open-export.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';
import { tableOf, writeTableFile } from './table-file.ts';
import { requireNoVault } from './vault-folder.ts';
import type { RecoverFromExportOptions, VaultHandle } from './vault-handle.ts';
import { boxFactsOf } from './vault-keyring.ts';
import { VaultSession } from './vault-session.ts';

const DEFAULT_COPIES = 3;

/** Throws 'exists', 'wrong-words', 'wrong-passphrase', 'bad-ticket', 'not-found', 'denied' (the keys there are of a device with fewer rights), 'forgery'. */
export async function recoverFromExport(
  options: RecoverFromExportOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<VaultHandle> {
  const { home, from, passphrase, onWarning: warn = () => undefined, signal } = options;
  const { disk, random, boxCost } = surroundings;
  await requireNoVault(home, disk);
  const keys = await exportKeys(from, options.secret, surroundings);
  if (!isOwner(keys)) {
    throw new VaultError('denied', 'the keys in this export are those of a device with fewer rights', {
      hint: 'Use the 24 words. "vault restore --from" works with this passphrase.',
    });
  }
  const source = await openSource(from, keys.vault, surroundings, { warn });
  const note = await readNote(source.places, keys);
  const ticket = options.ticket ?? note?.ticket;
  if (ticket === undefined) {
    throw new VaultError('not-found', 'this export has no ticket of the mesh', {
      hint: 'Give one with --ticket; "vault restore --from" needs none.',
    });
  }
  decodeTicket(ticket);
  const device = newDevice(keys, options.deviceName, surroundings);
  const made = await VaultHome.create(disk, random, home, {
    passphrase,
    boxCost,
    boxFacts: boxFactsOf(surroundings, ''),
    keys,
    device,
    ticket,
    copies: note?.copies ?? DEFAULT_COPIES,
  });
  const table = tableOf(await readTables(source.places, keys.vault), keys.vault);
  if (table) await writeTableFile(disk, home, table);
  const session = new VaultSession(made, options, surroundings);
  try {
    await session.learnFrom(source, warn, signal ? { signal } : {});
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}
