/** Meta data of frames: one small DAG-CBOR map, decoded only when flat, canonical and of the expected shape (T1). */
import { type CborBounds, decodeCbor, encodeCbor } from '../format/cbor.ts';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';

export type MetaValue = string | number | boolean | Uint8Array | readonly MetaValue[] | MetaMap;
export interface MetaMap {
  readonly [key: string]: MetaValue;
}

/** No method allows more. */
export const MAX_META_BYTES: number = 256 * KiB;
const NAME = /^[!-~]{1,128}$/;
const BOUNDS: CborBounds = { what: 'meta data of a frame', maxBytes: MAX_META_BYTES };

export function encodeMeta(meta: MetaMap): Uint8Array {
  return encodeCbor(meta, BOUNDS);
}

/** Throws 'bad-frame' for anything that is not one canonical DAG-CBOR map of shallow nesting. */
export function decodeMeta(bytes: Uint8Array): MetaMap {
  let value: unknown;
  try {
    value = decodeCbor(bytes, BOUNDS);
  } catch (cause) {
    throw new VaultError('bad-frame', 'the meta data of a frame is not valid DAG-CBOR', { cause });
  }
  if (!isMap(value)) throw badMeta('it is not a map');
  return value;
}

function isMap(value: unknown): value is MetaMap {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

export function badMeta(why: string): VaultError {
  return new VaultError('bad-frame', `the meta data of a frame is refused: ${why}`);
}

/** A byte string of exactly `length` bytes, copied out of the frame. */
export function bytesField(meta: MetaMap, name: string, length: number): Uint8Array {
  const value = meta[name];
  if (!(value instanceof Uint8Array) || value.length !== length)
    throw badMeta(`"${name}" is not ${length} bytes`);
  return value.slice();
}

/** A byte string of at most `max` bytes, copied out of the frame. */
export function boundedBytesField(meta: MetaMap, name: string, max: number): Uint8Array {
  const value = meta[name];
  if (!(value instanceof Uint8Array) || value.length > max) {
    throw badMeta(`"${name}" is not a byte string of at most ${max} bytes`);
  }
  return value.slice();
}

/** A whole number from 0 to `max`. */
export function countField(meta: MetaMap, name: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = meta[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw badMeta(`"${name}" is not a whole number from 0 to ${max}`);
  }
  return value;
}

export function flagField(meta: MetaMap, name: string): boolean {
  const value = meta[name];
  if (typeof value !== 'boolean') throw badMeta(`"${name}" is neither true nor false`);
  return value;
}

export function textField(meta: MetaMap, name: string, maxLength: number): string {
  const value = meta[name];
  if (typeof value !== 'string' || value.length > maxLength) {
    throw badMeta(`"${name}" is not a text of at most ${maxLength} characters`);
  }
  return value;
}

export function listField(meta: MetaMap, name: string, maxItems: number): readonly MetaMap[] {
  const value = meta[name];
  if (!Array.isArray(value) || value.length > maxItems || !value.every(isMap)) {
    throw badMeta(`"${name}" is not a list of at most ${maxItems} maps`);
  }
  return value;
}

/** The name of a peer: 1 to 128 printable ASCII characters, so that it may be shown; nobody has checked that it is any. */
export function nameField(meta: MetaMap, name: string): string {
  const value = meta[name];
  if (!isName(value)) throw badMeta(`"${name}" is not the name of a peer`);
  return value;
}

export function namesField(meta: MetaMap, name: string, maxItems: number): readonly string[] {
  const value = meta[name];
  if (!Array.isArray(value) || value.length > maxItems || !value.every(isName)) {
    throw badMeta(`"${name}" is not a list of at most ${maxItems} names of peers`);
  }
  return value;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}
