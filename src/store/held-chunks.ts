/** What a holder's own chunk store can do beyond the beam: count, list and remove what it keeps, and keep a trash (L4). */
import type { Digest } from '../model/ids.ts';
import type { ChunkReader, ChunkWriter, WaitOptions } from './chunk-store.ts';

export interface ChunkUsage {
  /** Chunks in their place, and the sum of their sealed sizes. */
  readonly chunks: number;
  readonly bytes: number;
  /** Dropped chunks waiting for their retention to end; `get` returns them too. They take room. */
  readonly trashChunks: number;
  readonly trashBytes: number;
  /** Damaged files kept as evidence; they take room too. */
  readonly quarantinedChunks: number;
  readonly quarantinedBytes: number;
}

export interface LookupOptions extends WaitOptions {
  /** Chunks in the trash count as here. */
  readonly trash?: boolean;
}

export interface RemoveOptions {
  /** Asked at the last moment, when nothing else can change the chunk any more: false leaves it as it is. */
  readonly when?: () => boolean;
}

interface ChunkTally {
  /** Exact at every moment between operations, also under concurrent ones. Cheap. */
  usage(): ChunkUsage;
}

interface ChunkLister {
  /** Digests of all chunks in their place, or of one placement group, in order of group; memory bounded by one group. */
  list(group?: number): AsyncIterable<Digest>;
}

interface TrashLookup {
  /** As ChunkLookup. Asking renews a chunk that no log names yet (L2). */
  has(digests: readonly Digest[], options?: LookupOptions): Promise<readonly boolean[]>;
}

/** Each resolves when it is durable; false when there was no such chunk, or `when` said no. */
interface ChunkRemover {
  /** At once and for good, from its place; what is in the trash stays. */
  remove(digest: Digest, options?: RemoveOptions): Promise<boolean>;
  /** Its retention begins now. */
  toTrash(digest: Digest, options?: RemoveOptions): Promise<boolean>;
  /** Back to its place. */
  fromTrash(digest: Digest): Promise<boolean>;
  /** For good, from the trash. */
  purge(digest: Digest, options?: RemoveOptions): Promise<boolean>;
}

/** `get` also finds what is in the trash; `put` brings it back from there. */
export interface HeldChunks
  extends ChunkReader,
    ChunkWriter,
    TrashLookup,
    ChunkTally,
    ChunkLister,
    ChunkRemover {}
