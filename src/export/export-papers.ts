/** What makes an export enough by itself: its mark, a page for people, sealed keys, the sealed ticket, the holder table (X5). */
import { openChunk, sealChunk } from '../crypto/chunk-cipher.ts';
import { verify } from '../crypto/ed25519.ts';
import { canOpen, type VaultKeys } from '../crypto/vault-keys.ts';
import { compareTables, decodeHolderTable, MAX_TABLE_BYTES } from '../format/holder-table.ts';
import { ChunkKind, MAX_SEALED_BYTES } from '../format/kinds.ts';
import { bytesEqual, utf8 } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { idText, parseIdText, type VaultId } from '../model/ids.ts';
import {
  decodeHomeFile,
  encodeHomeFile,
  type HomeFile,
  MAX_HOME_BYTES,
  parsedJson,
} from '../vault/home-file.ts';
import { unlock, type VaultHome } from '../vault/vault-home.ts';
import type { ExportPlace } from './export-place.ts';
import { EXPORT_FOLDER, vaultFolder } from './layout.ts';
import { PAGE } from './page.ts';

const EXPORT_VERSION = 1;
const MAX_MARK_BYTES = 4096;
const MAX_VAULTS = 64;
const MAX_KEYS = 256;
const MAX_TICKET = 64 * 1024;

/** What the note in an export tells those who have its keys. */
export interface ExportNote {
  readonly ticket: string;
  readonly copies: number;
}

/** Written first: from here on the folder is an export of this vault. */
export async function writeMark(place: ExportPlace, vault: VaultId): Promise<void> {
  const base = vaultFolder(vault);
  const mark = utf8(
    `${JSON.stringify({ format: 'vault-mesh export', version: EXPORT_VERSION, vault: idText(vault) })}\n`,
  );
  await writeIfOther(place, `${base}/export.json`, mark, MAX_MARK_BYTES);
  await writeIfOther(place, `${EXPORT_FOLDER}/readme.txt`, utf8(PAGE), PAGE.length * 2);
}

/** `sealedKeys` is this machine's vault.json; without it only the 24 words open the export. */
export async function writePapers(
  place: ExportPlace,
  home: VaultHome,
  papers: { readonly sealedKeys: HomeFile | undefined; readonly table: Uint8Array | undefined },
): Promise<void> {
  const base = vaultFolder(home.vault);
  const device = idText(home.device.id);
  if (canOpen(home.logKeys)) {
    const note: ExportNote = { ticket: home.ticket, copies: home.copies };
    const { bytes } = sealChunk(home.logKeys, ChunkKind.note, utf8(JSON.stringify({ v: 1, ...note })));
    await writeIfOther(place, `${base}/notes/${device}`, bytes, MAX_SEALED_BYTES);
  }
  if (papers.sealedKeys) {
    await writeIfOther(
      place,
      `${base}/keys/${device}.json`,
      encodeHomeFile(papers.sealedKeys),
      MAX_HOME_BYTES,
    );
  }
  if (papers.table) await writeIfOther(place, `${base}/table`, papers.table, MAX_TABLE_BYTES);
}

/** Takes this machine's sealed keys away again. */
export async function removeSealedKeys(place: ExportPlace, home: VaultHome): Promise<void> {
  await place.remove(`${vaultFolder(home.vault)}/keys/${idText(home.device.id)}.json`);
}

/** The vaults of which there is an export in this place. Throws 'unsupported-version'. */
export async function vaultsIn(place: ExportPlace): Promise<readonly VaultId[]> {
  const found: VaultId[] = [];
  for (const name of (await place.list(EXPORT_FOLDER)).slice(0, MAX_VAULTS)) {
    const vault = parseIdText(name);
    if (vault && idText(vault) === name && (await isMarked(place, vault))) found.push(vault);
  }
  return found;
}

async function isMarked(place: ExportPlace, vault: VaultId): Promise<boolean> {
  const bytes = await readOr(place, `${vaultFolder(vault)}/export.json`, MAX_MARK_BYTES);
  const mark = bytes && (parsedJson(bytes) as { version?: unknown } | null | undefined);
  // A mark that rotted hides no export: the folder's name says the same.
  if (typeof mark?.version !== 'number' || mark.version === EXPORT_VERSION) return true;
  throw new VaultError('unsupported-version', `the export in ${place.name} was made by another version`, {
    hint: 'Use that version of the program, or update this one.',
  });
}

/** What `passphrase` opens of the keys in these places. Throws 'wrong-passphrase', 'not-found' (no keys there). */
export async function openSealedKeys(places: readonly ExportPlace[], passphrase: string): Promise<VaultKeys> {
  let wrong: unknown;
  const tried = new Set<string>();
  for (const place of places) {
    for (const vault of await vaultsIn(place)) {
      for (const file of await keyFiles(place, vault, tried)) {
        try {
          const { keys } = (await unlock(file, place.name, passphrase)).secrets;
          if (canOpen(keys) && bytesEqual(keys.vault, vault)) return keys;
        } catch (error) {
          if (!isVaultError(error, 'wrong-passphrase', 'corrupt', 'unsupported-version')) throw error;
          wrong ??= error;
        }
      }
    }
  }
  if (isVaultError(wrong, 'wrong-passphrase')) throw wrong;
  throw new VaultError(
    'not-found',
    'there are no sealed keys in these folders that a passphrase could open',
    {
      hint: 'Use the 24 recovery words (--words-file FILE, or --words to be asked).',
    },
  );
}

async function keyFiles(
  place: ExportPlace,
  vault: VaultId,
  tried: Set<string>,
): Promise<readonly HomeFile[]> {
  const folder = `${vaultFolder(vault)}/keys`;
  const files: HomeFile[] = [];
  for (const name of (await place.list(folder)).slice(0, MAX_KEYS)) {
    const bytes = name.endsWith('.json')
      ? await readOr(place, `${folder}/${name}`, MAX_HOME_BYTES)
      : undefined;
    const text = bytes && Buffer.from(bytes).toString('latin1');
    if (!bytes || text === undefined || tried.has(text)) continue;
    tried.add(text);
    try {
      files.push(decodeHomeFile(bytes, place.name));
    } catch (error) {
      if (!isVaultError(error)) throw error;
    }
  }
  return files;
}

/** The first note that these keys open; `undefined` when there is none. */
export async function readNote(
  places: readonly ExportPlace[],
  keys: VaultKeys,
): Promise<ExportNote | undefined> {
  const folder = `${vaultFolder(keys.vault)}/notes`;
  for (const place of places) {
    for (const name of (await place.list(folder)).slice(0, MAX_KEYS)) {
      const sealed = await readOr(place, `${folder}/${name}`, MAX_SEALED_BYTES);
      const note = sealed && openNote(sealed, keys);
      if (note) return note;
    }
  }
  return undefined;
}

function openNote(sealed: Uint8Array, keys: VaultKeys): ExportNote | undefined {
  try {
    const note = parsedJson(openChunk(keys, ChunkKind.note, sealed)) as
      | Partial<ExportNote>
      | null
      | undefined;
    const { ticket, copies } = note ?? {};
    const plausible =
      typeof ticket === 'string' && ticket.length <= MAX_TICKET && Number.isSafeInteger(copies);
    return plausible && typeof copies === 'number' && copies > 0 ? { ticket, copies } : undefined;
  } catch (error) {
    if (isVaultError(error)) return undefined;
    throw error;
  }
}

/** The newest holder table of this vault in these places, signed by it; `undefined` when there is none. */
export async function readTables(
  places: readonly ExportPlace[],
  vault: VaultId,
): Promise<Uint8Array | undefined> {
  let newest: Parameters<typeof compareTables>[0] | undefined;
  for (const place of places) {
    const bytes = await readOr(place, `${vaultFolder(vault)}/table`, MAX_TABLE_BYTES);
    if (!bytes) continue;
    try {
      const table = decodeHolderTable(bytes, verify);
      if (!bytesEqual(table.vault, vault)) continue;
      if (!newest || compareTables({ table, bytes }, newest) > 0) newest = { table, bytes };
    } catch (error) {
      if (!isVaultError(error, 'corrupt', 'forgery', 'unsupported-version')) throw error;
    }
  }
  return newest?.bytes;
}

/** `undefined` also for a file that is damaged. */
async function readOr(place: ExportPlace, name: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    return await place.read(name, maxBytes);
  } catch (error) {
    if (isVaultError(error, 'corrupt', 'io')) return undefined;
    throw error;
  }
}

async function writeIfOther(
  place: ExportPlace,
  name: string,
  bytes: Uint8Array,
  maxBytes: number,
): Promise<void> {
  const present = await readOr(place, name, maxBytes);
  if (!present || !bytesEqual(present, bytes)) await place.write(name, bytes);
}
