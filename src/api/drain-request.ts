/** How `vault-peer drain` reaches the peer that runs on a folder: a small file that the peer finds, follows and removes. */
import path from 'node:path';
import { utf8 } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { nodeDisk } from '../runtime/node-disk.ts';

const MAX_BYTES = 64;

function fileIn(folder: string): string {
  return path.join(folder, 'drain-request');
}

/** Throws 'io', 'no-space'. */
export async function writeDrainRequest(folder: string, on: boolean): Promise<void> {
  await nodeDisk().write(fileIn(folder), [utf8(on ? 'on\n' : 'off\n')], { mode: 0o600 });
}

/** `undefined` when nobody asked, and when the file says something else. */
export async function readDrainRequest(folder: string): Promise<boolean | undefined> {
  try {
    const bytes = await nodeDisk().read(fileIn(folder), MAX_BYTES);
    const text = bytes && Buffer.from(bytes).toString('utf8').trim();
    return text === 'on' ? true : text === 'off' ? false : undefined;
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return undefined;
    throw error;
  }
}

export async function removeDrainRequest(folder: string): Promise<void> {
  await nodeDisk().remove(fileIn(folder));
}
