/** vault.json: which vault a folder is of, and its secrets once for each passphrase that opens them. Reads every version there was. */
import { boxId } from '../crypto/passphrase-box.ts';
import { utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';

/** What people tell one passphrase from another by; nothing rests on it. */
export interface BoxFacts {
  /** The owner's word for it; may be empty. */
  readonly label: string;
  readonly user: string;
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
}

/** The home's secrets, wrapped by one passphrase. */
export interface HomeBox extends BoxFacts {
  /** 64 hex digits. */
  readonly id: string;
  /** As it lies in the file; `unwrap` checks it. */
  readonly box: object;
}

export interface HomeFile {
  /** Text form of the vault's id. */
  readonly vault: string;
  /** Copies the owner wants of every chunk (P2). */
  readonly copies: number;
  /** At least one. */
  readonly boxes: readonly HomeBox[];
}

/** Version 1 had one box, and nothing was said of it. */
const HOME_VERSION = 2;
export const MAX_HOME_BYTES: number = 64 * KiB;
const MAX_TEXT = 256;
/** The last moment that a Date can say. */
const MAX_TIME_MS = 8.64e15;
const UNTOLD: BoxFacts = { label: '', user: '', host: '', createdMs: 0 };

export function encodeHomeFile({ vault, copies, boxes }: HomeFile): Uint8Array {
  const keys = boxes.map(({ label, user, host, createdMs, box }) => ({ label, user, host, createdMs, box }));
  return utf8(`${JSON.stringify({ version: HOME_VERSION, vault, copies, keys }, undefined, 2)}\n`);
}

/** `folder` is for messages. Throws 'corrupt', 'unsupported-version'. What is in the boxes is looked at when they are opened. */
export function decodeHomeFile(bytes: Uint8Array, folder: string): HomeFile {
  const file = parsedJson(bytes);
  if (!isObject(file)) throw damagedHome(folder, 'vault.json is not JSON');
  const { version, vault, copies } = file;
  if (version !== 1 && version !== HOME_VERSION) {
    throw new VaultError('unsupported-version', `the vault in ${folder} was made by another version`, {
      hint: 'Use that version of the program.',
    });
  }
  const listed = version === 1 ? [{ ...UNTOLD, box: file.box }] : file.keys;
  const plausible = typeof vault === 'string' && typeof copies === 'number' && Number.isSafeInteger(copies);
  if (!plausible || copies < 1 || !Array.isArray(listed))
    throw damagedHome(folder, 'vault.json lacks fields');
  const boxes = listed.flatMap(boxOf);
  if (boxes.length === 0) throw damagedHome(folder, 'vault.json lacks fields');
  return { vault, copies, boxes };
}

/** None for what is no box: the others may still open. */
function boxOf(entry: unknown): HomeBox[] {
  if (!isObject(entry) || !isObject(entry.box)) return [];
  const { label, user, host, createdMs } = entry;
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : '');
  return [
    {
      id: boxId(entry.box),
      label: text(label),
      user: text(user),
      host: text(host),
      createdMs: isTime(createdMs) ? createdMs : 0,
      box: entry.box,
    },
  ];
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TIME_MS;
}

/** `undefined` for what is no JSON. */
export function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function damagedHome(folder: string, why: string): VaultError {
  return new VaultError('corrupt', `the vault's files in ${folder} are damaged: ${why}`, {
    hint: 'The backups are not affected: recover into another folder with the 24 words and a ticket.',
  });
}
