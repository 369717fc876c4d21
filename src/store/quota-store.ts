/** A ChunkStore that takes a chunk only after its room has been reserved: no limit is exceeded, however many put at once. */

import { isVaultError } from '../model/errors.ts';
import { type Digest, keyOf } from '../model/ids.ts';
import type { Admit } from './budget.ts';
import type { PutResult, SealedChunk, WaitOptions } from './chunk-store.ts';
import type { ChunkUsage, HeldChunks, LookupOptions, RemoveOptions } from './held-chunks.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { Release } from './quota.ts';

export class QuotaStore implements HeldChunks {
  readonly #inner: HeldChunks;
  readonly #admit: Admit;
  readonly #locks = new KeyedLock();

  /** What `admit` looks at must count `inner`. Everything that is put into `inner` must go through here. */
  constructor(inner: HeldChunks, admit: Admit) {
    this.#inner = inner;
    this.#admit = admit;
  }

  async put(chunk: SealedChunk, options?: WaitOptions): Promise<PutResult> {
    options?.signal?.throwIfAborted();
    return this.#locks.run(keyOf(chunk.digest), async () => {
      const release = await this.#reserve(chunk);
      try {
        return await this.#inner.put(chunk, options);
      } finally {
        release();
      }
    });
  }

  get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined> {
    return this.#inner.get(digest, options);
  }

  has(digests: readonly Digest[], options?: LookupOptions): Promise<readonly boolean[]> {
    return this.#inner.has(digests, options);
  }

  list(group?: number): AsyncIterable<Digest> {
    return this.#inner.list(group);
  }

  remove(digest: Digest, options?: RemoveOptions): Promise<boolean> {
    return this.#locks.run(keyOf(digest), () => this.#inner.remove(digest, options));
  }

  toTrash(digest: Digest, options?: RemoveOptions): Promise<boolean> {
    return this.#inner.toTrash(digest, options);
  }

  fromTrash(digest: Digest): Promise<boolean> {
    return this.#inner.fromTrash(digest);
  }

  purge(digest: Digest, options?: RemoveOptions): Promise<boolean> {
    return this.#locks.run(keyOf(digest), () => this.#inner.purge(digest, options));
  }

  usage(): ChunkUsage {
    return this.#inner.usage();
  }

  async #reserve(chunk: SealedChunk): Promise<Release> {
    try {
      return await this.#admit(chunk.bytes.length);
    } catch (error) {
      if (isVaultError(error, 'no-space') && (await this.#isWhole(chunk.digest))) return () => {};
      throw error;
    }
  }

  /** A chunk that is here already takes no more room: a full peer still acknowledges it. */
  async #isWhole(digest: Digest): Promise<boolean> {
    try {
      return (await this.#inner.get(digest)) !== undefined;
    } catch (error) {
      if (isVaultError(error, 'corrupt')) return false;
      throw error;
    }
  }
}
