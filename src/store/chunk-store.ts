/** The beam (HOUSE): a disk, a quota, one remote peer and the whole mesh are each a ChunkStore. */
import type { Digest, PeerName } from '../model/ids.ts';

/** A sealed chunk: `digest` is sha2-256 of `bytes` (C5). */
export interface SealedChunk {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The name was made from these bytes in this process a moment ago: they need not be hashed again. Nothing that came from elsewhere says so. */
  readonly namedHere?: true;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** Who keeps the chunk durably now, as far as this put learnt; at least one name, no name twice. */
export interface PutResult {
  readonly holders: readonly PeerName[];
  /** Nobody in this process looks at the bytes any more: their memory may be given back. */
  readonly unused?: boolean;
}

export interface ChunkReader {
  /**
   * The sealed bytes, verified against `digest`, or `undefined` when this store does not have them.
   * Throws 'unavailable' (cannot be asked now), 'corrupt' (what is stored does not match; it has been quarantined).
   */
  get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined>;
}

export interface ChunkWriter {
  /**
   * Resolves when the chunk is durable (L5). Idempotent. The bytes must not change until then, nor afterwards unless the result says that they
   * are unused: a holder that was given up, or that answered before all had left, may still be in the middle of being sent them.
   * Throws 'no-space', 'corrupt' (bytes do not match the digest), 'denied', 'unavailable', 'too-few-peers'.
   */
  put(chunk: SealedChunk, options?: WaitOptions): Promise<PutResult>;
}

export interface ChunkLookup {
  /** For each digest, in order: is it here? Cheap; trusts the books, reads no chunk. */
  has(digests: readonly Digest[], options?: WaitOptions): Promise<readonly boolean[]>;
}

/** Copies on several holders. */
export interface CopyLookup {
  /**
   * For each digest how many holders say that they have it, and how many holders did not answer. Every holder is asked, and what a
   * holder is asked for it keeps from expiring (L2).
   */
  countCopies(
    digests: readonly Digest[],
    options?: WaitOptions,
  ): Promise<{ readonly copies: readonly number[]; readonly silent: number }>;
}

export interface ChunkStore extends ChunkReader, ChunkWriter, ChunkLookup {}
