/** Digests and proofs end to end in one payload, 32 bytes each; zeros stand for a proof that is not there. */
import { concatBytes } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { DIGEST_BYTES, type Digest } from '../model/ids.ts';

const NO_PROOF = new Uint8Array(DIGEST_BYTES);

/** Views into `packed`. Throws 'bad-frame' unless the length fits. */
export function unpackDigests(packed: Uint8Array): Digest[] {
  if (packed.length % DIGEST_BYTES !== 0) throw new VaultError('bad-frame', 'that is no list of digests');
  return Array.from({ length: packed.length / DIGEST_BYTES }, (_, i) =>
    packed.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES),
  );
}

export function packProofs(proofs: readonly (Uint8Array | undefined)[]): Uint8Array {
  return concatBytes(...proofs.map((proof) => proof ?? NO_PROOF));
}

/** Throws 'bad-frame' unless the length fits. */
export function unpackProofs(packed: Uint8Array): (Uint8Array | undefined)[] {
  return unpackDigests(packed).map((proof) =>
    proof.every((byte) => byte === 0) ? undefined : proof.slice(),
  );
}
