/** The file that unlocks an unattended run: named, looked at, and refused when anybody else can read it (C1). */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { VaultError } from '../../model/errors.ts';
import type { UnlockFrom } from './schedule-types.ts';

/** Any permission of group or others. */
const OTHERS = 0o077;

export interface SecretPlaces {
  /** Where a key of the schedule's own lies. */
  readonly ownKeyFile: string;
  /** $CREDENTIALS_DIRECTORY of this process. */
  readonly credentials: string | undefined;
  /** This process's user; absent where users have no numbers. */
  readonly uid: number | undefined;
}

/** The file to read the passphrase from. Throws 'denied' (others can read it), 'usage' (it is not there). */
export async function secretFile(unlock: UnlockFrom, places: SecretPlaces): Promise<string> {
  if (unlock.kind === 'credential') return credentialFile(unlock.name, places.credentials);
  const file = unlock.kind === 'file' ? unlock.file : places.ownKeyFile;
  await requirePrivate(file, places.uid);
  return file;
}

/** systemd keeps that folder to the service's user; its files may show modes of access lists that mean nothing to us. */
async function credentialFile(name: string, folder: string | undefined): Promise<string> {
  if (folder === undefined || folder === '') {
    throw new VaultError('usage', `there is no credential "${name}": systemd did not start this program`, {
      hint: `Add LoadCredential=${name}:FILE or LoadCredentialEncrypted= to the unit of vault-peer.`,
    });
  }
  const file = path.join(folder, name);
  await look(file);
  return file;
}

/** Throws 'denied', 'usage'. */
export async function requirePrivate(file: string, uid: number | undefined): Promise<void> {
  const { mode, uid: owner } = await look(file);
  if (uid === undefined) return; // no users as Unix has them
  if ((mode & OTHERS) !== 0) {
    throw new VaultError('denied', `others than its owner may use ${file}: it is no place for a passphrase`, {
      hint: `chmod 600 ${file}`,
    });
  }
  if (owner !== uid && uid !== 0) {
    throw new VaultError('denied', `${file} belongs to another user, who may read and change it`);
  }
}

async function look(file: string): Promise<{ readonly mode: number; readonly uid: number }> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found;
  } catch (cause) {
    throw new VaultError('usage', `cannot look at the passphrase file ${file}`, { cause });
  }
  throw new VaultError('usage', `the passphrase file ${file} is no file`);
}
