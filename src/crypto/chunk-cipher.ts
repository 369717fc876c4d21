/**
 * Sealing and opening chunks: the same plain bytes always give the same sealed bytes, and no key ever meets two contents (C4).
 *
 *   sealed = head | AES-256-GCM(inner | zeros) | tag 16         its length is a Padmé length (C2)
 *   head   = 0x02 | seed 32, or, by an append-only device with keys for its own scope, 0x03 | scope 16 | seed 32
 *   inner  = flags u8 | plainLength u32be | bodyLength u32be | body
 *   seed   = BLAKE3(chunk-seed-2, kind | inner)    key = HMAC(chunk-key, seed)    nonce = 0    AAD = head | kind
 *
 * Version 1, which is only read, has 0x01 in front and made its seeds by HMAC; whoever opens a chunk takes the seed from it.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto';
import { concatBytes } from '../model/bytes.ts';
import { MAX_PLAIN_BYTES, MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import type { Compression } from '../model/compression.ts';
import { SCOPE_BYTES } from '../model/device-role.ts';
import { assert, VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { type Body, BodyFlag, compressBody, inflateBody } from './compress-body.ts';
import { digestOf } from './digest.ts';
import { freeBuffer } from './free-buffer.ts';
import { padmeLength } from './padme.ts';
import { type ContentKeys, chunkKeyFor, type OpeningKeys } from './vault-keys.ts';

/** A sealed chunk and its name; fits where the stores take a SealedChunk. */
export interface SealedBytes {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly plainLength: number;
  /** Gives their memory back at once; there when nobody but the holder of this may look at it. Once only, and `bytes` are empty then. */
  readonly release?: () => void;
}

/** What sealing needs of the content keys. */
export type SealingKeys = Pick<ContentKeys, 'scope' | 'chunkSeed' | 'chunkKey'>;

/** First byte of what is sealed by keys of the vault, and by keys of one scope. */
const SEAL_VERSION = 2;
const SCOPED_VERSION = 3;
/** Sealed by keys of the vault, too, and only read. */
const OLD_VERSION = 1;
const SEED_BYTES = 32;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SEED_BYTES;
const INNER_HEADER_BYTES = 9;
const NONCE = new Uint8Array(12);
const CIPHER = 'aes-256-gcm';
/**
 * The cipher gives each slice memory of its own. Much more than this comes fresh from the system, page by page, which costs more than AES;
 * as little as the pool of small buffers has cannot be given back (free-buffer.ts), and makes a hundred megabytes of waste.
 */
const SLICE_BYTES = Math.max(128 * KiB, 2 * Buffer.poolSize);
/** Sealed bytes beyond the body, before padding; a scoped chunk has as many more as its scope has. */
export const SEAL_OVERHEAD_BYTES: number = HEADER_BYTES + INNER_HEADER_BYTES + TAG_BYTES;

/** Seals 1 to MAX_PLAIN_BYTES plain bytes. */
export function sealChunk(
  keys: SealingKeys,
  kind: number,
  plain: Uint8Array,
  how: Compression = 'auto',
): SealedBytes {
  const body = compressBody(plain, how);
  const sealed = sealBody(keys, kind, body);
  if (body.bytes !== plain) freeBuffer(body.bytes);
  return sealed;
}

/** Seals a body that was compressed elsewhere. */
export function sealBody(keys: SealingKeys, kind: number, body: Body): SealedBytes {
  const { plainLength, bytes } = body;
  assert(plainLength >= 1 && plainLength <= MAX_PLAIN_BYTES, `a chunk of ${plainLength} bytes`);
  assert(bytes.length <= plainLength, 'a body longer than its plain bytes');
  const header = innerHeader(body);
  const seed = keys.chunkSeed.of(Uint8Array.of(kind), header, bytes);
  const head = headOf(keys.scope, seed);
  const overhead = head.length + INNER_HEADER_BYTES + TAG_BYTES;
  const length = padmeLength(overhead + bytes.length);
  const sealed = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  sealed.set(head);
  const cipher = createCipheriv(CIPHER, keyOfSeed(keys.chunkKey, seed), NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(concatBytes(head, Uint8Array.of(kind)));
  let at = head.length;
  for (const part of [header, bytes, new Uint8Array(length - overhead - bytes.length)]) {
    at = passThrough(cipher, part, sealed, at);
  }
  cipher.final();
  sealed.set(cipher.getAuthTag(), at);
  return { digest: digestOf(sealed), bytes: sealed, plainLength };
}

/**
 * The plain bytes of a chunk of `kind`. Throws 'corrupt' (damaged, of another vault or another kind), 'denied' (sealed for a scope that
 * this device has no keys of) and 'unsupported-version'. Allocates no more than MAX_PLAIN_BYTES and the sealed length.
 */
export function openChunk(keys: OpeningKeys, kind: number, sealed: Uint8Array): Uint8Array {
  if (sealed.length < SEAL_OVERHEAD_BYTES || sealed.length > MAX_SEALED_BYTES) {
    throw new VaultError('corrupt', `no chunk has ${sealed.length} bytes`);
  }
  const scope = scopeOf(sealed);
  const key = chunkKeyFor(keys, scope);
  if (key) return plainOf(decrypt(key, scope?.length ?? 0, kind, sealed), sealed.length);
  throw new VaultError('denied', 'a chunk was sealed by another device, and this one has no key for it', {
    hint: 'An append-only device reads what it wrote itself; a full device reads everything.',
  });
}

function plainOf(inner: Uint8Array, sealedLength: number): Uint8Array {
  const plain = inflateBody(splitInner(inner, sealedLength));
  if (plain.buffer !== inner.buffer) freeBuffer(inner);
  return plain;
}

/** `undefined` for a chunk of the vault's own. Throws 'unsupported-version', 'corrupt'. */
function scopeOf(sealed: Uint8Array): Uint8Array | undefined {
  if (sealed[0] === SEAL_VERSION || sealed[0] === OLD_VERSION) return undefined;
  if (sealed[0] !== SCOPED_VERSION) {
    throw new VaultError(
      'unsupported-version',
      `a chunk is sealed in version ${sealed[0]}; this program knows 1 to 3`,
      { hint: 'Update this program.' },
    );
  }
  if (sealed.length >= SEAL_OVERHEAD_BYTES + SCOPE_BYTES) return sealed.subarray(1, 1 + SCOPE_BYTES);
  throw new VaultError('corrupt', `no chunk of a scope has ${sealed.length} bytes`);
}

function headOf(scope: Uint8Array | undefined, seed: Uint8Array): Uint8Array {
  if (scope === undefined) return concatBytes(Uint8Array.of(SEAL_VERSION), seed);
  return concatBytes(Uint8Array.of(SCOPED_VERSION), scope, seed);
}

function innerHeader({ flags, plainLength, bytes }: Body): Uint8Array {
  const header = new Uint8Array(INNER_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, flags);
  view.setUint32(1, plainLength);
  view.setUint32(5, bytes.length);
  return header;
}

function keyOfSeed(chunkKey: KeyObject, seed: Uint8Array): Uint8Array {
  return createHmac('sha256', chunkKey).update(seed).digest();
}

/** Puts `part`, encrypted or decrypted, into `into` at `at`; returns where it ends. */
function passThrough(
  cipher: { update(part: Uint8Array): Uint8Array },
  part: Uint8Array,
  into: Uint8Array,
  at: number,
): number {
  for (let from = 0; from < part.length; from += SLICE_BYTES) {
    const slice = cipher.update(part.subarray(from, from + SLICE_BYTES));
    into.set(slice, at + from);
    freeBuffer(slice);
  }
  return at + part.length;
}

function decrypt(chunkKey: KeyObject, scopeBytes: number, kind: number, sealed: Uint8Array): Uint8Array {
  const headBytes = HEADER_BYTES + scopeBytes;
  const head = sealed.subarray(0, headBytes);
  const key = keyOfSeed(chunkKey, head.subarray(-SEED_BYTES));
  const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAAD(concatBytes(head, Uint8Array.of(kind)));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const inner = new Uint8Array(Buffer.allocUnsafeSlow(sealed.length - headBytes - TAG_BYTES).buffer);
  passThrough(decipher, sealed.subarray(headBytes, sealed.length - TAG_BYTES), inner, 0);
  try {
    decipher.final();
  } catch (cause) {
    throw new VaultError('corrupt', 'a chunk does not open: it is damaged, or not of this vault and kind', {
      cause,
    });
  }
  return inner;
}

/** The total length must be the one that this body pads to. */
function splitInner(inner: Uint8Array, sealedLength: number): Body {
  const view = new DataView(inner.buffer, inner.byteOffset, inner.byteLength);
  const flags = view.getUint8(0);
  const plainLength = view.getUint32(1);
  const bodyLength = view.getUint32(5);
  const overhead = sealedLength - inner.length + INNER_HEADER_BYTES;
  const fits =
    bodyLength <= plainLength &&
    plainLength >= 1 &&
    plainLength <= MAX_PLAIN_BYTES &&
    padmeLength(overhead + bodyLength) === sealedLength;
  if (!fits || (flags !== BodyFlag.raw && flags !== BodyFlag.zstd)) {
    throw new VaultError('corrupt', 'a chunk was sealed with a header that makes no sense');
  }
  return { flags, plainLength, bytes: inner.subarray(INNER_HEADER_BYTES, INNER_HEADER_BYTES + bodyLength) };
}
