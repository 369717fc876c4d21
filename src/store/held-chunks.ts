/** What a holder's own chunk store can do beyond the beam: count, list and remove what it keeps. */
import type { Digest } from '../model/ids.ts';
import type { ChunkStore } from './chunk-store.ts';

export interface ChunkUsage {
  /** Chunks that `get` would return, and the sum of their sealed sizes. */
  readonly chunks: number;
  readonly bytes: number;
  /** Damaged files kept as evidence; they take room too. */
  readonly quarantinedChunks: number;
  readonly quarantinedBytes: number;
}

interface ChunkBooks {
  /** Exact at every moment between operations, also under concurrent ones. Cheap. */
  usage(): ChunkUsage;
}

interface ChunkLister {
  /** Digests of all chunks, or of one placement group, in order of group; memory bounded by one group. */
  list(group?: number): AsyncIterable<Digest>;
}

interface ChunkRemover {
  /** Removes at once and durably. False when there was no such chunk. */
  remove(digest: Digest): Promise<boolean>;
}

export interface HeldChunks extends ChunkStore, ChunkBooks, ChunkLister, ChunkRemover {}
