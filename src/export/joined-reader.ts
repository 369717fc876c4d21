/** Several stores as one to read from: the first that has a sound copy gives it, so damage in one folder costs nothing (X3). */
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';

/** Asked in order. A store that is opened only when needed is a function. */
export type ReadFrom = ChunkReader | (() => Promise<ChunkReader>);

export class JoinedReader implements ChunkReader {
  readonly #order: (digest: Digest) => readonly ReadFrom[];

  constructor(stores: readonly ReadFrom[] | ((digest: Digest) => readonly ReadFrom[])) {
    this.#order = typeof stores === 'function' ? stores : () => stores;
  }

  /** `undefined` when all stores answer and none has it. Throws the first fault when none of the others has it either. */
  async get(digest: Digest, options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    let fault: VaultError | undefined;
    for (const store of this.#order(digest)) {
      try {
        const reader = typeof store === 'function' ? await store() : store;
        const bytes = await reader.get(digest, options);
        if (bytes) return bytes;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
        fault ??= error;
      }
    }
    if (fault) throw fault;
    return undefined;
  }
}
