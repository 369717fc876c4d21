/** Lays the contents of files that stay into bundles of their own, so that a bundle they shared with what goes is needed by nobody (C3). */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { ContentId, Digest } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { ChunkBooks } from '../vault/chunk-books.ts';
import { ContentBundles } from './content-bundles.ts';
import type { Crew } from './crew.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';
import { pageKey } from './tree-reader.ts';
import type { ChunkSink } from './upload.ts';

export interface ContentMoverOptions {
  readonly chunks: OpenedChunks;
  readonly keys: VaultKeys;
  readonly books: Pick<ChunkBooks, 'lookup' | 'reuse' | 'reuseChunk'>;
  /** The chunks that nothing may stay in. */
  readonly isLeft: (chunk: Digest) => boolean;
  readonly crew: Pick<Crew, 'seal'>;
}

/** Remembers where each content went, for all snapshots that have it: some hundred bytes for each. */
export class ContentMover {
  readonly #options: ContentMoverOptions;
  readonly #bundles: ContentBundles;
  readonly #moved = new Map<string, ContentPart>();

  constructor(options: ContentMoverOptions) {
    const { books, isLeft } = options;
    this.#options = options;
    const find = (id: ContentId): BlobRef | undefined => {
      const known = books.lookup(ChunkKind.content, id);
      const reused = known && !isLeft(known.chunk) ? books.reuse(ChunkKind.content, id) : undefined;
      return reused && !isLeft(reused.chunk) ? reused : undefined;
    };
    this.#bundles = new ContentBundles({ ...options, find });
  }

  /** Call once for each content that a snapshot needs, and `finish` afterwards. Throws what reading and sending throw. */
  async take(ref: BlobRef, sink: ChunkSink, wait: WaitOptions): Promise<void> {
    const { chunks, books } = this.#options;
    const key = pageKey(ref);
    const before = this.#moved.get(key);
    if (before && ('pending' in before || books.reuseChunk(before.chunk))) return;
    const bytes = await chunks.bytes(ChunkKind.content, ref, wait);
    this.#moved.set(key, await this.#bundles.lay(bytes, sink));
  }

  /** Everything that was taken is sealed when it resolves, and may still be on its way. */
  async finish(sink: ChunkSink): Promise<void> {
    await this.#bundles.close(sink);
    for (const [key, part] of this.#moved) if ('pending' in part) this.#moved.set(key, await placeOf(part));
  }

  /** A run has failed: what was not sealed is nowhere. */
  forget(reason: unknown): void {
    this.#bundles.forget(reason);
    for (const [key, part] of this.#moved) if ('pending' in part) this.#moved.delete(key);
  }

  /** Where it lies now; the same place when it was never taken. */
  placeOf(ref: BlobRef): BlobRef {
    const part = this.#moved.get(pageKey(ref));
    return part === undefined || 'pending' in part ? ref : part;
  }
}
