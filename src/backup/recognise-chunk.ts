/** Tells whether plain bytes are those of a chunk, without having it: the same bytes, sealed again in the same way, get the same name (C4). */
import { sealChunk } from '../crypto/chunk-cipher.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { ChunkKind } from '../format/kinds.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { Compression } from '../model/compression.ts';
import type { Digest } from '../model/ids.ts';

/** In the order of what is likely; not "max", which would take longer than to fetch the chunk again. */
const WAYS: readonly Compression[] = ['auto', 'off', 'fast', 'better'];
/** Of a file that was sealed in a way that is not known here, so many chunks are tried in vain. */
const VAIN = 8;

/**
 * For the content of one file, which one device sealed in one way. Never says yes to other bytes. Says no where it cannot know:
 * to what another scope, an older version or another zstd has sealed.
 */
export class ChunkRecogniser {
  readonly #keys: VaultKeys;
  #known: Compression | undefined;
  #vain = 0;

  constructor(keys: VaultKeys) {
    this.#keys = keys;
  }

  matches(plain: Uint8Array, chunk: Digest): boolean {
    if (plain.length === 0 || this.#vain >= VAIN) return false;
    for (const how of this.#known === undefined ? WAYS : [this.#known]) {
      if (!bytesEqual(sealChunk(this.#keys, ChunkKind.content, plain, how).digest, chunk)) continue;
      this.#known = how;
      return true;
    }
    if (this.#known === undefined) this.#vain++;
    return false;
  }
}
