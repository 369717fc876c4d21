/** DAG-CBOR of our formats, strict and bounded: one encoding per value, and nothing but VaultError for any bytes (C6, C7). */
import { encode } from '@ipld/dag-cbor';
import { assert, VaultError } from '../model/errors.ts';
import { readCbor } from './cbor-reader.ts';

export interface CborBounds {
  /** What the bytes should be, for messages: "tree page". */
  readonly what: string;
  readonly maxBytes: number;
}

export function encodeCbor(value: unknown, bounds: CborBounds): Uint8Array {
  const bytes = new Uint8Array(encode(value));
  assert(bytes.length <= bounds.maxBytes, `${bounds.what} of ${bytes.length} bytes is over its bound`);
  return bytes;
}

/** Throws 'corrupt' for what is too long, not canonical, not of the plain types, or followed by other bytes. */
export function decodeCbor(bytes: Uint8Array, bounds: CborBounds): unknown {
  const { what, maxBytes } = bounds;
  if (bytes.length > maxBytes) throw damaged(what, `${bytes.length} bytes, at most ${maxBytes} are allowed`);
  return readCbor(bytes, (why) => damaged(what, why));
}

export function damaged(what: string, why: string, cause?: unknown): VaultError {
  const options = cause === undefined ? {} : { cause };
  return new VaultError('corrupt', `damaged ${what}: ${why}`, options);
}
