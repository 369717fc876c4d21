/**
 * Sealing and opening chunks: the same plain bytes always give the same sealed bytes, and no key ever meets two contents (C4).
 *
 *   sealed = 0x01 | seed 32 | AES-256-GCM(inner | zeros) | tag 16         its length is a Padmé length (C2)
 *   inner  = flags u8 | plainLength u32be | bodyLength u32be | body
 *   seed   = HMAC(chunk-seed, kind | inner)    key = HMAC(chunk-key, seed)    nonce = 0    AAD = 0x01 | seed | kind
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { giveBack } from '../model/bytes.ts';
import { MAX_PLAIN_BYTES, MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { assert, VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { type Body, BodyFlag, compressBody, inflateBody, rawBody } from './compress-body.ts';
import { digestOf } from './digest.ts';
import { padmeLength } from './padme.ts';
import type { VaultKeys } from './vault-keys.ts';

/** A sealed chunk and its name; fits where the stores take a SealedChunk. */
export interface SealedBytes {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly plainLength: number;
}

const SEAL_VERSION = 1;
const SEED_BYTES = 32;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SEED_BYTES;
const INNER_HEADER_BYTES = 9;
const NONCE = new Uint8Array(12);
const CIPHER = 'aes-256-gcm';
/** Sealed bytes beyond the body, before padding. */
export const SEAL_OVERHEAD_BYTES: number = HEADER_BYTES + INNER_HEADER_BYTES + TAG_BYTES;

/** Seals 1 to MAX_PLAIN_BYTES plain bytes. 'none' skips compression. */
export function sealChunk(
  keys: VaultKeys,
  kind: number,
  plain: Uint8Array,
  compress: 'sync-zstd' | 'none' = 'sync-zstd',
): SealedBytes {
  return sealBody(keys, kind, compress === 'none' ? rawBody(plain) : compressBody(plain));
}

/** Seals a body that was compressed elsewhere (see `zstdOptions`, `smallerBody`). */
export function sealBody(keys: VaultKeys, kind: number, body: Body): SealedBytes {
  const { plainLength, bytes } = body;
  assert(plainLength >= 1 && plainLength <= MAX_PLAIN_BYTES, `a chunk of ${plainLength} bytes`);
  assert(bytes.length <= plainLength, 'a body longer than its plain bytes');
  const header = innerHeader(body);
  const seed = createHmac('sha256', keys.chunkSeed)
    .update(Uint8Array.of(kind))
    .update(header)
    .update(bytes)
    .digest();
  const length = padmeLength(SEAL_OVERHEAD_BYTES + bytes.length);
  const sealed = new Uint8Array(length);
  sealed[0] = SEAL_VERSION;
  sealed.set(seed, 1);
  const cipher = createCipheriv(CIPHER, keyOfSeed(keys, seed), NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(seed, kind));
  let at = HEADER_BYTES;
  for (const part of [header, bytes, new Uint8Array(length - SEAL_OVERHEAD_BYTES - bytes.length)]) {
    sealed.set(cipher.update(part), at);
    at += part.length;
  }
  cipher.final();
  sealed.set(cipher.getAuthTag(), at);
  return { digest: digestOf(sealed), bytes: sealed, plainLength };
}

/**
 * The plain bytes of a chunk of `kind`. Throws 'corrupt' (damaged, of another vault or another kind) and
 * 'unsupported-version'. Allocates no more than MAX_PLAIN_BYTES and the sealed length.
 */
export function openChunk(keys: Pick<VaultKeys, 'chunkKey'>, kind: number, sealed: Uint8Array): Uint8Array {
  if (sealed.length < SEAL_OVERHEAD_BYTES || sealed.length > MAX_SEALED_BYTES) {
    throw new VaultError('corrupt', `no chunk has ${sealed.length} bytes`);
  }
  if (sealed[0] !== SEAL_VERSION) {
    throw new VaultError(
      'unsupported-version',
      `a chunk is sealed in version ${sealed[0]}; this program knows 1`,
      {
        hint: 'Update this program.',
      },
    );
  }
  const inner = decrypt(keys, kind, sealed);
  const plain = inflateBody(splitInner(inner));
  if (plain.buffer !== inner.buffer) giveBack(inner);
  return plain;
}

function innerHeader({ flags, plainLength, bytes }: Body): Uint8Array {
  const header = new Uint8Array(INNER_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, flags);
  view.setUint32(1, plainLength);
  view.setUint32(5, bytes.length);
  return header;
}

function keyOfSeed(keys: Pick<VaultKeys, 'chunkKey'>, seed: Uint8Array): Uint8Array {
  return createHmac('sha256', keys.chunkKey).update(seed).digest();
}

function associatedData(seed: Uint8Array, kind: number): Uint8Array {
  const data = new Uint8Array(HEADER_BYTES + 1);
  data[0] = SEAL_VERSION;
  data.set(seed, 1);
  data[HEADER_BYTES] = kind;
  return data;
}

function decrypt(keys: Pick<VaultKeys, 'chunkKey'>, kind: number, sealed: Uint8Array): Uint8Array {
  const seed = sealed.subarray(1, HEADER_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOfSeed(keys, seed), NONCE, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(seed, kind));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const inner = decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw new VaultError('corrupt', 'a chunk does not open: it is damaged, or not of this vault and kind', {
      cause,
    });
  }
  return inner;
}

function splitInner(inner: Uint8Array): Body {
  const view = new DataView(inner.buffer, inner.byteOffset, inner.byteLength);
  const flags = view.getUint8(0);
  const plainLength = view.getUint32(1);
  const bodyLength = view.getUint32(5);
  const fits =
    bodyLength <= plainLength &&
    plainLength >= 1 &&
    plainLength <= MAX_PLAIN_BYTES &&
    padmeLength(SEAL_OVERHEAD_BYTES + bodyLength) === SEAL_OVERHEAD_BYTES - INNER_HEADER_BYTES + inner.length;
  if (!fits || (flags !== BodyFlag.raw && flags !== BodyFlag.zstd)) {
    throw new VaultError('corrupt', 'a chunk was sealed with a header that makes no sense');
  }
  return { flags, plainLength, bytes: inner.subarray(INNER_HEADER_BYTES, INNER_HEADER_BYTES + bodyLength) };
}
