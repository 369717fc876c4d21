/** Where plain bytes lie: a chunk's digest, an offset and a length inside the opened chunk; packed into 40 bytes (C3, C6). */
import { concatBytes } from '../model/bytes.ts';
import { MAX_PLAIN_BYTES } from '../model/chunk-limits.ts';
import { assert, type VaultError } from '../model/errors.ts';
import { DIGEST_BYTES, type Digest } from '../model/ids.ts';
import { damaged } from './cbor.ts';

export interface BlobRef {
  readonly chunk: Digest;
  /** Bytes from the start of the chunk's plain content. */
  readonly offset: number;
  readonly length: number;
}

/** A reference inside a tree page that is not sealed yet: `undefined` means the bundle this page itself lies in (SELF). */
interface SelfRef {
  readonly chunk: undefined;
  readonly offset: number;
  readonly length: number;
}
export type PageRef = BlobRef | SelfRef;

/** Bytes of one packed reference: digest, offset u32be, length u32be. */
export const REF_BYTES: number = DIGEST_BYTES + 8;

export function isInsideChunk(offset: number, length: number): boolean {
  return Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 1
    ? offset + length <= MAX_PLAIN_BYTES
    : false;
}

export function packRefs(refs: readonly BlobRef[]): Uint8Array {
  const out = new Uint8Array(refs.length * REF_BYTES);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { chunk, offset, length } of refs) {
    assert(chunk.length === DIGEST_BYTES && isInsideChunk(offset, length), 'a reference outside its chunk');
    out.set(chunk, at);
    view.setUint32(at + DIGEST_BYTES, offset);
    view.setUint32(at + DIGEST_BYTES + 4, length);
    at += REF_BYTES;
  }
  return out;
}

/** Throws 'corrupt'; `what` names the object in the message. The digests are copies: small arrays cost less than views. */
export function unpackRefs(bytes: Uint8Array, maxRefs: number, what: string): BlobRef[] {
  if (bytes.length % REF_BYTES !== 0 || bytes.length > maxRefs * REF_BYTES) {
    throw badRefs(what);
  }
  const refs: BlobRef[] = [];
  for (let at = 0; at < bytes.length; at += REF_BYTES) {
    const offset = wordAt(bytes, at + DIGEST_BYTES);
    const length = wordAt(bytes, at + DIGEST_BYTES + 4);
    if (!isInsideChunk(offset, length)) throw badRefs(what);
    refs.push({ chunk: bytes.slice(at, at + DIGEST_BYTES), offset, length });
  }
  return refs;
}

/** An unsigned big-endian number of four bytes: for the one reference of a small file cheaper than a DataView. */
function wordAt(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  return (high * 256 + (bytes[at + 2] ?? 0)) * 256 + (bytes[at + 3] ?? 0);
}

function badRefs(what: string): VaultError {
  return damaged(what, 'references outside of what a chunk can hold');
}

/** Digests laid end to end. */
export function packDigests(digests: readonly Digest[]): Uint8Array {
  for (const digest of digests) assert(digest.length === DIGEST_BYTES, 'a digest that is not 32 bytes');
  return concatBytes(...digests);
}
