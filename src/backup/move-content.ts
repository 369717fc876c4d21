/** Lays the contents of files that stay into bundles of their own, so that a bundle they shared with what goes is needed by nobody (C3). */
import { contentIdOf } from '../crypto/content-id.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { IndexedBlob } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { Digest } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { ChunkBooks } from '../vault/chunk-books.ts';
import type { Crew } from './crew.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import { type ContentPart, PendingChunk, placeOf } from './pending-chunk.ts';
import { pageKey } from './tree-reader.ts';
import type { ChunkSink } from './upload.ts';

const BUNDLE_BYTES: number = 1 * MiB;
const MAX_BUNDLE_FILES = 4096;

export interface ContentMoverOptions {
  readonly chunks: OpenedChunks;
  readonly keys: VaultKeys;
  readonly books: Pick<ChunkBooks, 'lookup' | 'reuse' | 'reuseChunk'>;
  /** The chunks that nothing may stay in. */
  readonly isLeft: (chunk: Digest) => boolean;
  readonly crew: Pick<Crew, 'seal'>;
}

interface OpenBundle {
  readonly chunk: PendingChunk;
  readonly parts: Uint8Array[];
  readonly blobs: IndexedBlob[];
  length: number;
}

/** Remembers where each content went, for all snapshots that have it: some hundred bytes for each. */
export class ContentMover {
  readonly #options: ContentMoverOptions;
  readonly #moved = new Map<string, ContentPart>();
  #open: OpenBundle | undefined;

  constructor(options: ContentMoverOptions) {
    this.#options = options;
  }

  /** Call once for each content that a snapshot needs, and `finish` afterwards. Throws what reading and sending throw. */
  async take(ref: BlobRef, sink: ChunkSink, wait: WaitOptions): Promise<void> {
    const { chunks, keys, books, isLeft } = this.#options;
    const key = pageKey(ref);
    const before = this.#moved.get(key);
    if (before && ('pending' in before || books.reuseChunk(before.chunk))) return;
    const bytes = await chunks.bytes(ChunkKind.content, ref, wait);
    const id = contentIdOf(keys, ChunkKind.content, bytes).slice();
    const known = books.lookup(ChunkKind.content, id);
    const reused = known && !isLeft(known.chunk) ? books.reuse(ChunkKind.content, id) : undefined;
    if (reused && !isLeft(reused.chunk)) {
      this.#moved.set(key, reused);
      return;
    }
    const full =
      this.#open &&
      (this.#open.length + bytes.length > BUNDLE_BYTES || this.#open.blobs.length >= MAX_BUNDLE_FILES);
    if (full) await this.#close(sink);
    this.#open ??= { chunk: new PendingChunk(), parts: [], blobs: [], length: 0 };
    const { chunk: pending, parts, blobs, length: offset } = this.#open;
    this.#moved.set(key, { pending, offset, length: bytes.length });
    parts.push(bytes.slice());
    blobs.push({ id, length: bytes.length });
    this.#open.length += bytes.length;
  }

  /** Everything that was taken is sealed when it resolves, and may still be on its way. */
  async finish(sink: ChunkSink): Promise<void> {
    await this.#close(sink);
    for (const [key, part] of this.#moved) if ('pending' in part) this.#moved.set(key, await placeOf(part));
  }

  /** A run has failed: what was not sealed is nowhere. */
  forget(): void {
    this.#open = undefined;
    for (const [key, part] of this.#moved) if ('pending' in part) this.#moved.delete(key);
  }

  /** Where it lies now; the same place when it was never taken. */
  placeOf(ref: BlobRef): BlobRef {
    const part = this.#moved.get(pageKey(ref));
    return part === undefined || 'pending' in part ? ref : part;
  }

  async #close(sink: ChunkSink): Promise<void> {
    const bundle = this.#open;
    this.#open = undefined;
    if (!bundle) return;
    const { chunk, parts, blobs, length } = bundle;
    const plain = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      plain.set(part, at);
      at += part.length;
    }
    const { content: kind } = ChunkKind;
    const { crew } = this.#options;
    await sink.send({ kind, plainLength: length, blobs }, () => crew.seal(kind, plain), chunk);
  }
}
