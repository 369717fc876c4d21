/** Addresses and names of peers that were met, kept in a file for the next start; a convenience beside the ticket, never a truth. */
import path from 'node:path';
import { utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import { nodeDisk } from '../runtime/node-disk.ts';

const VERSION = 1;
const MAX_BYTES: number = 256 * KiB;
const MAX_ADDRESSES = 256;
const ADDRESS = /^\/[\x21-\x7e]{1,511}$/;

function fileIn(folder: string): string {
  return path.join(folder, 'known-peers.json');
}

export interface KnownPeers {
  /** Full addresses. */
  readonly addresses: readonly string[];
  /** What people call them, by peer id. */
  readonly names: ReadonlyMap<string, string>;
}

const NOBODY: KnownPeers = { addresses: [], names: new Map() };

function namesIn(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return NOBODY.names;
  const entries = Object.entries(value).slice(0, MAX_ADDRESSES);
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Nobody when there is no such file or it is damaged: then the ticket has to do. */
export async function readKnownPeers(folder: string, disk: Disk = nodeDisk()): Promise<KnownPeers> {
  try {
    const bytes = await disk.read(fileIn(folder), MAX_BYTES);
    if (bytes === undefined) return NOBODY;
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('addresses' in parsed)) return NOBODY;
    if (!Array.isArray(parsed.addresses)) return NOBODY;
    const addresses = parsed.addresses
      .filter((entry): entry is string => typeof entry === 'string' && ADDRESS.test(entry))
      .slice(0, MAX_ADDRESSES);
    return { addresses, names: namesIn('names' in parsed ? parsed.names : undefined) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof VaultError) return NOBODY;
    throw error;
  }
}

export async function writeKnownPeers(
  folder: string,
  known: KnownPeers,
  disk: Disk = nodeDisk(),
): Promise<void> {
  const kept = {
    version: VERSION,
    addresses: known.addresses.slice(0, MAX_ADDRESSES),
    names: Object.fromEntries(known.names),
  };
  await disk.write(fileIn(folder), [utf8(`${JSON.stringify(kept, undefined, 2)}\n`)], { mode: 0o600 });
}
