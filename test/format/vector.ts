/** One line of a format's vectors, and how it is made: an encoded value, or bytes that a reader must refuse (C7). */
import { encodeCbor } from '../../src/format/cbor.ts';
import { MiB } from '../../src/model/units.ts';

/** A format file: `value` is what `bytes` mean, or `verdict` is the error code they must cause. */
export interface FormatVector {
  readonly name: string;
  readonly value?: unknown;
  readonly bytes: Uint8Array;
  readonly verdict: 'ok' | 'corrupt' | 'forgery' | 'unsupported-version' | 'bad-ticket';
}

export const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

export function good<T>(name: string, value: T, encode: (value: T) => Uint8Array): FormatVector {
  return { name, value, bytes: encode(value), verdict: 'ok' };
}

export function bad(
  name: string,
  bytes: Uint8Array,
  verdict: FormatVector['verdict'] = 'corrupt',
): FormatVector {
  return { name, bytes, verdict };
}

export function cbor(value: unknown): Uint8Array {
  return encodeCbor(value, { what: 'vector', maxBytes: 1 * MiB });
}

export const flipLast = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
