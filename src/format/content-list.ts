/** The references of a file too large for its tree node, in the order of its bytes (C6). */
import { type BlobRef, packRefs, unpackRefs } from './blob-ref.ts';
import { type CborBounds, decodeCbor, encodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { MAX_PLAIN_BYTES } from './kinds.ts';
import { readable } from './readable.ts';

const CONTENT_LIST_VERSION = 1;
/** References in one list: 64 GiB of file at the average chunk size. */
const MAX_LIST_REFS = 65_536;

const BOUNDS: CborBounds = { what: 'content list', maxBytes: MAX_PLAIN_BYTES };

export function encodeContentList(refs: readonly BlobRef[]): Uint8Array {
  return readable(encodeCbor({ v: CONTENT_LIST_VERSION, c: packRefs(refs) }, BOUNDS), decodeContentList);
}

/** Throws 'corrupt', 'unsupported-version'. */
export function decodeContentList(bytes: Uint8Array): BlobRef[] {
  const fields = new Fields(decodeCbor(bytes, BOUNDS), BOUNDS.what);
  fields.version(CONTENT_LIST_VERSION);
  const refs = unpackRefs(fields.bytes('c', 0, MAX_PLAIN_BYTES), MAX_LIST_REFS, BOUNDS.what);
  fields.end();
  return refs;
}
