/** What proves that a peer has all bytes of a chunk at this moment: a hash that begins with the asker's fresh nonce (R4). */
import { createHash } from 'node:crypto';
import { utf8 } from '../model/bytes.ts';
import type { Digest, PeerName, VaultId } from '../model/ids.ts';

const POSSESSION_LABEL = 'vault-mesh-possession-1';

export interface PossessionFacts {
  /** 32 bytes, never used before by whoever asks. */
  readonly nonce: Uint8Array;
  readonly vault: VaultId;
  readonly digest: Digest;
  /** Whose proof it is: one peer's proof is worth nothing in another's mouth. */
  readonly prover: PeerName;
  /** The sealed chunk. */
  readonly bytes: Uint8Array;
}

/**
 * sha2-256 of label | nonce | vault | digest | prover's name | NUL | all bytes; 32 bytes. The nonce stands in front, so
 * that nothing shorter than the chunk, computed beforehand, answers a later question.
 */
export function possessionProof({ nonce, vault, digest, prover, bytes }: PossessionFacts): Uint8Array {
  const hash = createHash('sha256').update(utf8(POSSESSION_LABEL)).update(nonce).update(vault).update(digest);
  return new Uint8Array(
    hash
      .update(utf8(`${prover}\0`))
      .update(bytes)
      .digest(),
  );
}
