/** A ChunkStore in memory with the promises of the one on disk, for tests and simulations. */
import { compareBytes } from '../model/bytes.ts';
import { type Digest, groupOf, keyOf, type PeerName } from '../model/ids.ts';
import { checkSealed, damagedChunk, matchesDigest } from './check-sealed.ts';
import type { PutResult, SealedChunk, WaitOptions } from './chunk-store.ts';
import type { ChunkUsage, HeldChunks } from './held-chunks.ts';

interface Kept {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** Copies on the way in and out: nobody outside holds its memory. */
export class MemoryStore implements HeldChunks {
  readonly #self: PeerName;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #quarantinedChunks = 0;
  #quarantinedBytes = 0;

  constructor(self: PeerName) {
    this.#self = self;
  }

  async put(chunk: SealedChunk, options?: WaitOptions): Promise<PutResult> {
    options?.signal?.throwIfAborted();
    checkSealed(chunk);
    const stored = this.#kept.get(keyOf(chunk.digest));
    if (stored && !matchesDigest(chunk.digest, stored.bytes)) this.#quarantine(stored);
    if (!this.#kept.has(keyOf(chunk.digest))) {
      this.#kept.set(keyOf(chunk.digest), { digest: chunk.digest.slice(), bytes: chunk.bytes.slice() });
      this.#bytes += chunk.bytes.length;
    }
    return { holders: [this.#self] };
  }

  async get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    const stored = this.#kept.get(keyOf(digest));
    if (!stored) return undefined;
    if (matchesDigest(digest, stored.bytes)) return stored.bytes.slice();
    this.#quarantine(stored);
    throw damagedChunk(digest, this.#self);
  }

  async has(digests: readonly Digest[], options?: WaitOptions): Promise<readonly boolean[]> {
    options?.signal?.throwIfAborted();
    return digests.map((digest) => this.#kept.has(keyOf(digest)));
  }

  async *list(group?: number): AsyncIterable<Digest> {
    const digests = [...this.#kept.values()].map((kept) => kept.digest);
    yield* digests.filter((d) => group === undefined || groupOf(d) === group).sort(compareBytes);
  }

  async remove(digest: Digest): Promise<boolean> {
    const stored = this.#kept.get(keyOf(digest));
    if (stored) this.#drop(stored);
    return stored !== undefined;
  }

  usage(): ChunkUsage {
    return {
      chunks: this.#kept.size,
      bytes: this.#bytes,
      quarantinedChunks: this.#quarantinedChunks,
      quarantinedBytes: this.#quarantinedBytes,
    };
  }

  /** Bit rot, for rehearsals: flips the last byte of a stored chunk without a trace. False when it is not here. */
  damage(digest: Digest): boolean {
    const stored = this.#kept.get(keyOf(digest));
    if (!stored) return false;
    stored.bytes[stored.bytes.length - 1] = (stored.bytes.at(-1) ?? 0) ^ 1;
    return true;
  }

  #quarantine(kept: Kept): void {
    this.#drop(kept);
    this.#quarantinedChunks += 1;
    this.#quarantinedBytes += kept.bytes.length;
  }

  #drop(kept: Kept): void {
    this.#kept.delete(keyOf(kept.digest));
    this.#bytes -= kept.bytes.length;
  }
}
