/** Secrets at rest: wrapped by a passphrase through argon2id, so that a stolen disk needs a guess of 64 MiB each (C1). */
import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { concatBytes, utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { GiB, KiB, MiB } from '../model/units.ts';
import { type Argon2idInput, argon2id, argon2idSync } from './argon2id.ts';

/** Cost of one guess. */
export interface BoxCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** Plain JSON, as it lies in a file; the three byte fields are base64. */
export interface WrappedBox extends BoxCost {
  readonly version: 1;
  readonly kdf: 'argon2id';
  readonly salt: string;
  readonly nonce: string;
  readonly sealed: string;
}

/** Where salts and nonces come from. */
export interface RandomBytes {
  bytes(length: number): Uint8Array;
}

/** C1: "t=3, 64 MiB, p=4 or stronger". */
export const DEFAULT_COST: BoxCost = { memoryKiB: (64 * MiB) / KiB, passes: 3, parallelism: 4 };

const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
const MAX_SEALED = 64 * KiB;
/** Bounds on what a file may ask of this machine. */
const MAX_COST: BoxCost = { memoryKiB: GiB / KiB, passes: 64, parallelism: 64 };

export function wrap(
  passphrase: string,
  plain: Uint8Array,
  random: RandomBytes,
  cost: BoxCost = DEFAULT_COST,
): WrappedBox {
  const salt = random.bytes(SALT_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  const { memoryKiB, passes, parallelism } = cost;
  const cipher = createCipheriv(CIPHER, keyOf(passphrase, salt, cost), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(cost));
  const sealed = concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag());
  const head = { version: 1, kdf: 'argon2id', memoryKiB, passes, parallelism } as const;
  return { ...head, salt: base64(salt), nonce: base64(nonce), sealed: base64(sealed) };
}

/** Takes any JSON value. Throws 'wrong-passphrase', 'corrupt' (no such box), 'unsupported-version'. */
export function unwrap(passphrase: string, box: unknown): Uint8Array {
  const open = checkedBox(box);
  return opened(open, keyOf(passphrase, open.salt, open.cost));
}

/** The same, with the key as `derive` makes it. */
export async function unwrapBy(derive: DeriveKey, passphrase: string, box: unknown): Promise<Uint8Array> {
  const open = checkedBox(box);
  return opened(open, await derive(passphrase, open.salt, open.cost));
}

function opened({ cost, nonce, sealed }: OpenBox, key: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(cost));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw new VaultError('wrong-passphrase', 'this passphrase does not open the vault; nothing was changed', {
      hint: 'Try again; without the passphrase, `vault recover` with the 24 words makes a new one.',
      cause,
    });
  }
  return new Uint8Array(plain);
}

/** What a box is called: 64 hex digits, from the texts of its salt, nonce and sealed bytes. Takes any JSON value. */
export function boxId(box: unknown): string {
  const { salt, nonce, sealed } = (box ?? {}) as Readonly<Record<string, unknown>>;
  return hash('sha256', `vault-mesh-box-id-1 ${String(salt)} ${String(nonce)} ${String(sealed)}`, 'hex');
}

/** A key from a passphrase, as slowly as `cost` says. */
export type DeriveKey = (
  passphrase: string,
  salt: Uint8Array,
  cost: BoxCost,
) => Uint8Array | Promise<Uint8Array>;

/** While this thread waits; for rehearsals, that know no other. */
export function keyOf(passphrase: string, salt: Uint8Array, cost: BoxCost): Uint8Array {
  return argon2idSync(inputOf(passphrase, salt, cost));
}

/** While this thread loads code and reads files. */
export function keyBeside(passphrase: string, salt: Uint8Array, cost: BoxCost): Promise<Uint8Array> {
  return argon2id(inputOf(passphrase, salt, cost));
}

function inputOf(passphrase: string, salt: Uint8Array, cost: BoxCost): Argon2idInput {
  return { message: utf8(passphrase.normalize('NFKC')), salt, ...cost };
}

function associatedData({ memoryKiB, passes, parallelism }: BoxCost): Uint8Array {
  return utf8(`vault-mesh-box-1 argon2id ${memoryKiB} ${passes} ${parallelism}`);
}

interface OpenBox {
  readonly cost: BoxCost;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

function checkedBox(box: unknown): OpenBox {
  if (typeof box !== 'object' || box === null) throw damaged('it is no object');
  const fields = box as Readonly<Record<string, unknown>>;
  if (typeof fields.version === 'number' && fields.version !== 1) {
    throw new VaultError(
      'unsupported-version',
      `the key file has version ${fields.version}; this program knows 1`,
    );
  }
  if (fields.version !== 1 || fields.kdf !== 'argon2id') throw damaged('it names no known method');
  const parallelism = boundedInteger(fields, 'parallelism', 1);
  const cost = {
    memoryKiB: boundedInteger(fields, 'memoryKiB', 8 * parallelism),
    passes: boundedInteger(fields, 'passes', 1),
    parallelism,
  };
  return {
    cost,
    salt: boundedBytes(fields.salt, SALT_BYTES, SALT_BYTES),
    nonce: boundedBytes(fields.nonce, NONCE_BYTES, NONCE_BYTES),
    sealed: boundedBytes(fields.sealed, TAG_BYTES, MAX_SEALED),
  };
}

function boundedInteger(fields: Readonly<Record<string, unknown>>, key: keyof BoxCost, min: number): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > MAX_COST[key]) {
    throw damaged(`its ${key} is out of bounds`);
  }
  return value;
}

function boundedBytes(text: unknown, min: number, max: number): Uint8Array {
  if (typeof text !== 'string' || text.length > max * 2) throw damaged('a field is out of bounds');
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  if (bytes.length < min || bytes.length > max) throw damaged('a field is out of bounds');
  return bytes;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function damaged(why: string): VaultError {
  return new VaultError('corrupt', `the wrapped key is damaged: ${why}`, {
    hint: '`vault recover` with the 24 words and a ticket makes this machine ready again.',
  });
}
