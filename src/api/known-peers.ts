/** Addresses of peers that were met, kept in a file for the next start; a convenience beside the ticket, never a truth. */
import path from 'node:path';
import { utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import { nodeDisk } from '../runtime/node-disk.ts';

const VERSION = 1;
const MAX_BYTES: number = 256 * KiB;
const MAX_ADDRESSES = 256;
const ADDRESS = /^\/[\x21-\x7e]{1,511}$/;

function fileIn(folder: string): string {
  return path.join(folder, 'known-peers.json');
}

/** Full addresses; empty when none are known or the file is damaged: then the ticket has to do. */
export async function readKnownAddresses(folder: string): Promise<readonly string[]> {
  try {
    const bytes = await nodeDisk().read(fileIn(folder), MAX_BYTES);
    if (bytes === undefined) return [];
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('addresses' in parsed)) return [];
    const { addresses } = parsed;
    if (!Array.isArray(addresses)) return [];
    return addresses
      .filter((entry): entry is string => typeof entry === 'string' && ADDRESS.test(entry))
      .slice(0, MAX_ADDRESSES);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof VaultError) return [];
    throw error;
  }
}

export async function writeKnownAddresses(folder: string, addresses: readonly string[]): Promise<void> {
  const kept = { version: VERSION, addresses: addresses.slice(0, MAX_ADDRESSES) };
  await nodeDisk().write(fileIn(folder), [utf8(`${JSON.stringify(kept, undefined, 2)}\n`)], { mode: 0o600 });
}
