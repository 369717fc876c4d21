/** A ChunkStore in memory with the promises of the one on disk, for tests and simulations. */
import { compareBytes } from '../model/bytes.ts';
import { type Digest, groupOf, keyOf, type PeerName } from '../model/ids.ts';
import { checkSealed, damagedChunk, matchesDigest } from './check-sealed.ts';
import type { PutResult, SealedChunk, WaitOptions } from './chunk-store.ts';
import type { ChunkUsage, HeldChunks, LookupOptions, RemoveOptions } from './held-chunks.ts';

interface Kept {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

const ALWAYS = (): boolean => true;

/** Copies on the way in and out: nobody outside holds its memory. */
export class MemoryStore implements HeldChunks {
  readonly #self: PeerName;
  readonly #kept = new Map<string, Kept>();
  readonly #trash = new Map<string, Kept>();
  #quarantinedChunks = 0;
  #quarantinedBytes = 0;

  constructor(self: PeerName) {
    this.#self = self;
  }

  async put(chunk: SealedChunk, options?: WaitOptions): Promise<PutResult> {
    options?.signal?.throwIfAborted();
    checkSealed(chunk);
    this.#quarantineDamaged(chunk.digest);
    await this.fromTrash(chunk.digest);
    if (!this.#kept.has(keyOf(chunk.digest))) {
      this.#kept.set(keyOf(chunk.digest), { digest: chunk.digest.slice(), bytes: chunk.bytes.slice() });
    }
    return { holders: [this.#self] };
  }

  async get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    if (this.#quarantineDamaged(digest)) throw damagedChunk(digest, this.#self);
    return (this.#kept.get(keyOf(digest)) ?? this.#trash.get(keyOf(digest)))?.bytes.slice();
  }

  async has(digests: readonly Digest[], options?: LookupOptions): Promise<readonly boolean[]> {
    options?.signal?.throwIfAborted();
    const inTrash = (digest: Digest): boolean => options?.trash === true && this.#trash.has(keyOf(digest));
    return digests.map((digest) => this.#kept.has(keyOf(digest)) || inTrash(digest));
  }

  async *list(group?: number): AsyncIterable<Digest> {
    const digests = [...this.#kept.values()].map((kept) => kept.digest);
    yield* digests.filter((d) => group === undefined || groupOf(d) === group).sort(compareBytes);
  }

  async remove(digest: Digest, { when = ALWAYS }: RemoveOptions = {}): Promise<boolean> {
    return this.#kept.has(keyOf(digest)) && when() && this.#kept.delete(keyOf(digest));
  }

  async toTrash(digest: Digest, { when = ALWAYS }: RemoveOptions = {}): Promise<boolean> {
    const stored = this.#kept.get(keyOf(digest));
    if (!stored || !when()) return false;
    this.#kept.delete(keyOf(digest));
    this.#trash.set(keyOf(digest), stored);
    return true;
  }

  async fromTrash(digest: Digest): Promise<boolean> {
    const stored = this.#trash.get(keyOf(digest));
    if (!stored) return false;
    this.#trash.delete(keyOf(digest));
    this.#kept.set(keyOf(digest), stored);
    return true;
  }

  async purge(digest: Digest, { when = ALWAYS }: RemoveOptions = {}): Promise<boolean> {
    return this.#trash.has(keyOf(digest)) && when() && this.#trash.delete(keyOf(digest));
  }

  usage(): ChunkUsage {
    return {
      chunks: this.#kept.size,
      bytes: sizeOf(this.#kept),
      trashChunks: this.#trash.size,
      trashBytes: sizeOf(this.#trash),
      quarantinedChunks: this.#quarantinedChunks,
      quarantinedBytes: this.#quarantinedBytes,
    };
  }

  /** Bit rot, for rehearsals: flips the last byte of a stored chunk without a trace. False when it is not here. */
  damage(digest: Digest): boolean {
    const stored = this.#kept.get(keyOf(digest)) ?? this.#trash.get(keyOf(digest));
    if (!stored) return false;
    stored.bytes[stored.bytes.length - 1] = (stored.bytes.at(-1) ?? 0) ^ 1;
    return true;
  }

  #quarantineDamaged(digest: Digest): boolean {
    const shelf = this.#kept.has(keyOf(digest)) ? this.#kept : this.#trash;
    const stored = shelf.get(keyOf(digest));
    if (!stored || matchesDigest(digest, stored.bytes)) return false;
    shelf.delete(keyOf(digest));
    this.#quarantinedChunks += 1;
    this.#quarantinedBytes += stored.bytes.length;
    return true;
  }
}

function sizeOf(shelf: ReadonlyMap<string, Kept>): number {
  return [...shelf.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
}
