/** Compressing and sealing a chunk, behind a seam: in production on the thread pool, in simulations in place (S2). */
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import type { ChunkKind } from '../format/kinds.ts';

export interface Sealer {
  /** `plain` must not change until the promise settles. The same plain bytes always make the same sealed bytes. */
  seal(kind: ChunkKind, plain: Uint8Array): Promise<SealedBytes>;
}
