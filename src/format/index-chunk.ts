/** What the new chunks of one run carry, so that other devices and recovered machines recognise content (C3, C7). */
import { assert } from '../model/errors.ts';
import { CONTENT_ID_BYTES, type ContentId, DIGEST_BYTES, type Digest } from '../model/ids.ts';
import { type CborBounds, damaged, decodeCbor, encodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { type ChunkKind, isChunkKind, MAX_PLAIN_BYTES } from './kinds.ts';
import { readable } from './readable.ts';

export interface IndexedBlob {
  readonly id: ContentId;
  /** Bytes. Blobs follow each other without gaps, so offsets are sums of lengths. */
  readonly length: number;
}

export interface IndexedChunk {
  readonly digest: Digest;
  readonly kind: ChunkKind;
  readonly blobs: readonly IndexedBlob[];
}

const INDEX_VERSION = 2;
/** Its content ids were made by HMAC: nothing is recognised by them any more. */
const HMAC_VERSION = 1;
/** Chunks and blobs one index chunk may name, so that its plain form stays within MAX_PLAIN_BYTES. */
const MAX_INDEX_CHUNKS = 32_768;
const MAX_INDEX_BLOBS = 65_536;

const BLOB_BYTES = CONTENT_ID_BYTES + 4;
const BOUNDS: CborBounds = { what: 'index', maxBytes: MAX_PLAIN_BYTES };

export function encodeIndex(chunks: readonly IndexedChunk[]): Uint8Array {
  const blobs = chunks.reduce((sum, chunk) => sum + chunk.blobs.length, 0);
  assert(chunks.length <= MAX_INDEX_CHUNKS && blobs <= MAX_INDEX_BLOBS, 'an index over its bound');
  const list = chunks.map(({ digest, kind, blobs }) => [digest, kind, packBlobs(blobs)]);
  return readable(encodeCbor({ v: INDEX_VERSION, c: list }, BOUNDS), decodeIndex);
}

/** Throws 'corrupt', 'unsupported-version'. Of an index of version 1 only which chunk is of which kind. */
export function decodeIndex(bytes: Uint8Array): IndexedChunk[] {
  const fields = new Fields(decodeCbor(bytes, BOUNDS), BOUNDS.what);
  const version = fields.version(HMAC_VERSION, INDEX_VERSION);
  const chunks = fields.list('c', MAX_INDEX_CHUNKS).map(decodeChunk);
  fields.end();
  return version === HMAC_VERSION ? chunks.map((chunk) => ({ ...chunk, blobs: [] })) : chunks;
}

function packBlobs(blobs: readonly IndexedBlob[]): Uint8Array {
  const out = new Uint8Array(blobs.length * BLOB_BYTES);
  const view = new DataView(out.buffer);
  blobs.forEach(({ id, length }, i) => {
    assert(id.length === CONTENT_ID_BYTES && length >= 1 && length <= MAX_PLAIN_BYTES, 'an impossible blob');
    out.set(id, i * BLOB_BYTES);
    view.setUint32(i * BLOB_BYTES + CONTENT_ID_BYTES, length);
  });
  return out;
}

function decodeChunk(item: unknown): IndexedChunk {
  const [digest, kind, packed] = Array.isArray(item) && item.length === 3 ? (item as unknown[]) : [];
  if (!(digest instanceof Uint8Array) || digest.length !== DIGEST_BYTES)
    throw damaged(BOUNDS.what, 'no digest');
  if (typeof kind !== 'number' || !isChunkKind(kind)) throw damaged(BOUNDS.what, 'an unknown chunk kind');
  if (!(packed instanceof Uint8Array)) throw damaged(BOUNDS.what, 'no blobs');
  return { digest, kind, blobs: unpackBlobs(packed) };
}

function unpackBlobs(bytes: Uint8Array): IndexedBlob[] {
  if (bytes.length % BLOB_BYTES !== 0) throw damaged(BOUNDS.what, 'a torn list of blobs');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blobs: IndexedBlob[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length; at += BLOB_BYTES) {
    const length = view.getUint32(at + CONTENT_ID_BYTES);
    total += length;
    if (length < 1 || total > MAX_PLAIN_BYTES) throw damaged(BOUNDS.what, 'blobs that no chunk can hold');
    blobs.push({ id: bytes.subarray(at, at + CONTENT_ID_BYTES), length });
  }
  return blobs;
}
