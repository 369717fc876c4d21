/** The one check of a sealed chunk on its way in or out of a store: bounded size, bytes that match the name (C5, L5). */
import { digestOf } from '../crypto/digest.ts';
import { MAX_SEALED_BYTES } from '../format/kinds.ts';
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { cidText, DIGEST_BYTES, type Digest } from '../model/ids.ts';
import type { SealedChunk } from './chunk-store.ts';

/** Do `bytes` carry the name `digest`? */
export function matchesDigest(digest: Digest, bytes: Uint8Array): boolean {
  return bytesEqual(digest, digestOf(bytes));
}

/** Throws 'corrupt' for a chunk that no store may accept. */
export function checkSealed(chunk: SealedChunk): void {
  const { digest, bytes } = chunk;
  if (digest.length !== DIGEST_BYTES) {
    throw new VaultError('corrupt', `a chunk's name has ${digest.length} bytes instead of ${DIGEST_BYTES}`);
  }
  if (bytes.length === 0 || bytes.length > MAX_SEALED_BYTES) {
    throw new VaultError(
      'corrupt',
      `chunk ${cidText(digest)} has ${bytes.length} bytes; a chunk has 1 to ${MAX_SEALED_BYTES}. It was not stored`,
    );
  }
  if (!chunk.namedHere && !matchesDigest(digest, bytes)) {
    throw new VaultError(
      'corrupt',
      `the bytes sent as chunk ${cidText(digest)} are not that chunk; nothing was stored`,
      { hint: 'Send it again; if it happens twice, suspect the memory of the sender.' },
    );
  }
}

/** The error of a `get` that found other bytes than it should. */
export function damagedChunk(digest: Digest, where: string): VaultError {
  return new VaultError(
    'corrupt',
    `chunk ${cidText(digest)} on ${where} was damaged; it is quarantined and no longer counts as a copy`,
    {
      hint: 'Other holders still have it; this copy is made anew from them.',
      data: { chunk: cidText(digest) },
    },
  );
}
