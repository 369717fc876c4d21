/** Proofs of possession, one chunk after the other: memory for one chunk, and no work for an asker that is gone (R4, T4). */
import { possessionProof } from '../crypto/possession.ts';
import { isVaultError } from '../model/errors.ts';
import type { Digest, PeerName, VaultId } from '../model/ids.ts';
import type { ChunkLookup, ChunkReader } from '../store/chunk-store.ts';

export interface ProofJob {
  readonly chunks: ChunkReader & ChunkLookup;
  readonly vault: VaultId;
  readonly nonce: Uint8Array;
  readonly digests: readonly Digest[];
  /** The name of this peer. */
  readonly self: PeerName;
  readonly signal: AbortSignal;
}

/** For each digest its proof; `undefined` for what is absent, only in the trash, or damaged (which `get` quarantines). */
export async function proveChunks(job: ProofJob): Promise<(Uint8Array | undefined)[]> {
  const { chunks, digests, signal } = job;
  const here = await chunks.has(digests, { signal });
  const proofs: (Uint8Array | undefined)[] = [];
  for (const [i, digest] of digests.entries()) {
    signal.throwIfAborted();
    proofs.push(here[i] ? await proofOf(digest, job) : undefined);
  }
  return proofs;
}

async function proofOf(digest: Digest, job: ProofJob): Promise<Uint8Array | undefined> {
  const { chunks, vault, nonce, self, signal } = job;
  try {
    const bytes = await chunks.get(digest, { signal });
    return bytes && possessionProof({ nonce, vault, digest, prover: self, bytes });
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return undefined;
    throw error;
  }
}
