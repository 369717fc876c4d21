/** The newest holder table this machine has seen, kept beside the vault, so that holders are known before anybody answers (P3). */
import path from 'node:path';
import { verify } from '../crypto/ed25519.ts';
import {
  compareTables,
  decodeHolderTable,
  type HolderTable,
  MAX_TABLE_BYTES,
} from '../format/holder-table.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import type { VaultId } from '../model/ids.ts';
import type { Disk } from '../runtime/disk.ts';

export interface SignedTable {
  readonly table: HolderTable;
  readonly bytes: Uint8Array;
}

function fileIn(home: string): string {
  return path.join(home, 'holder-table');
}

/** `undefined` for bytes that are no table of this vault, whoever they came from. */
export function tableOf(bytes: Uint8Array | undefined, vault: VaultId): SignedTable | undefined {
  if (bytes === undefined) return undefined;
  try {
    const table = decodeHolderTable(bytes, verify);
    return bytesEqual(table.vault, vault) ? { table, bytes } : undefined;
  } catch (error) {
    if (isVaultError(error, 'corrupt', 'forgery', 'unsupported-version')) return undefined;
    throw error;
  }
}

export function newerTable(a: SignedTable | undefined, b: SignedTable | undefined): SignedTable | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareTables(a, b) >= 0 ? a : b;
}

export async function readTableFile(
  disk: Disk,
  home: string,
  vault: VaultId,
): Promise<SignedTable | undefined> {
  return tableOf(await disk.read(fileIn(home), MAX_TABLE_BYTES), vault);
}

export async function writeTableFile(disk: Disk, home: string, { bytes }: SignedTable): Promise<void> {
  await disk.write(fileIn(home), [bytes], { mode: 0o600 });
}
