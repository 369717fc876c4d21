/** Lays small files end to end into bundles of about one chunk (C3), and refers to what the vault has already. */
import { contentIdOf } from '../crypto/content-id.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { IndexedBlob } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import { type ContentId, keyOf } from '../model/ids.ts';
import { KiB, MiB } from '../model/units.ts';
import { type ContentPart, PendingChunk } from './pending-chunk.ts';
import type { ChunkSink } from './upload.ts';

/** Files below this size share chunks with their neighbours. Bytes. */
export const SMALL_FILE_BYTES: number = 256 * KiB;
const BUNDLE_BYTES: number = 1 * MiB;
/** Keeps what one chunk costs in memory and in the index bounded when files are tiny. */
const MAX_BUNDLE_FILES = 4096;

/** Where content lies already, in chunks that are live or sent. */
export type FindContent = (kind: ChunkKind, id: ContentId) => BlobRef | undefined;

export interface ContentWriterOptions {
  readonly keys: VaultKeys;
  readonly sink: ChunkSink;
  readonly find: FindContent;
  /** Dry runs: nothing ever gets into the books, so what was seen is remembered here to the end. */
  readonly rememberAll?: boolean;
  /** A bundle ends when it has about this many bytes; default 1 MiB. */
  readonly bundleBytes?: number | undefined;
}

interface OpenBundle {
  readonly chunk: PendingChunk;
  readonly bytes: Uint8Array;
  readonly blobs: IndexedBlob[];
  readonly keys: string[];
  length: number;
}

export class BundleWriter {
  readonly #options: ContentWriterOptions;
  /** No bundle of several files is longer. */
  readonly #fullBytes: number;
  /** Content that is on its way and not in the books yet. */
  readonly #onItsWay = new Map<string, ContentPart>();
  #open: OpenBundle | undefined;

  constructor(options: ContentWriterOptions) {
    this.#options = options;
    const { bundleBytes = BUNDLE_BYTES } = options;
    this.#fullBytes = bundleBytes + Math.floor(bundleBytes / 8);
  }

  /** One small file; `plain` is copied. It lies in the open bundle afterwards unless its content is known. */
  async small(plain: Uint8Array): Promise<ContentPart> {
    const id = contentIdOf(this.#options.keys, ChunkKind.content, plain);
    const key = keyOf(id);
    const known = this.#onItsWay.get(key) ?? this.#options.find(ChunkKind.content, id);
    if (known) return known;
    if (this.#isFull(plain.length)) await this.close();
    const bundle = this.#bundle(plain.length);
    const part = { pending: bundle.chunk, offset: bundle.length, length: plain.length };
    bundle.bytes.set(plain, bundle.length);
    bundle.length += plain.length;
    bundle.blobs.push({ id, length: plain.length });
    bundle.keys.push(key);
    this.#onItsWay.set(key, part);
    return part;
  }

  /** One piece of a large file, or one list of them: a chunk of its own. `plain` must not change any more. */
  async piece(kind: ChunkKind, plain: Uint8Array): Promise<ContentPart> {
    const id = contentIdOf(this.#options.keys, kind, plain);
    const key = keyOf(id);
    const known = this.#onItsWay.get(key) ?? this.#options.find(kind, id);
    if (known) return known;
    const blobs = [{ id, length: plain.length }];
    const pending = new PendingChunk();
    const part = { pending, offset: 0, length: plain.length };
    this.#onItsWay.set(key, part);
    await this.#options.sink.submit(
      { kind, plain, blobs: () => blobs, onKept: () => this.#kept([key]) },
      pending,
    );
    return part;
  }

  /** Sends the open bundle, also when it is not full. */
  async close(): Promise<void> {
    const bundle = this.#open;
    if (!bundle) return;
    this.#open = undefined;
    const { blobs, keys } = bundle;
    const plain = bundle.bytes.subarray(0, bundle.length);
    const draft = { kind: ChunkKind.content, plain, blobs: () => blobs, onKept: () => this.#kept(keys) };
    await this.#options.sink.submit(draft, bundle.chunk);
  }

  /** The run has failed: nobody must wait for the open bundle. */
  abandon(reason: unknown): void {
    this.#open?.chunk.reject(reason);
    this.#open = undefined;
  }

  #isFull(more: number): boolean {
    const open = this.#open;
    if (!open) return false;
    return open.length + more > this.#fullBytes || open.blobs.length >= MAX_BUNDLE_FILES;
  }

  #bundle(atLeast: number): OpenBundle {
    this.#open ??= {
      chunk: new PendingChunk(),
      bytes: new Uint8Array(Math.max(this.#fullBytes, atLeast)),
      blobs: [],
      keys: [],
      length: 0,
    };
    return this.#open;
  }

  #kept(keys: readonly string[]): void {
    if (this.#options.rememberAll) return;
    for (const key of keys) this.#onItsWay.delete(key);
  }
}
