/** Lays small contents end to end into bundles and says where each lies; what the vault has, or has been given, is not laid again (C3). */
import { contentIdOf } from '../crypto/content-id.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { IndexedBlob } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import { type ContentId, keyOf } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Crew } from './crew.ts';
import { type ContentPart, PendingChunk } from './pending-chunk.ts';
import type { ChunkSink } from './upload.ts';

const BUNDLE_BYTES: number = 1 * MiB;
/** Keep what one chunk costs in memory and in the index bounded when files are tiny. */
const MAX_BUNDLE_FILES = 4096;

export interface ContentBundlesOptions {
  readonly keys: VaultKeys;
  readonly crew: Pick<Crew, 'seal'>;
  /** Where content lies already, in a chunk that is live or sent and may be used. */
  readonly find: (id: ContentId) => BlobRef | undefined;
  /** Default 1 MiB. */
  readonly bundleBytes?: number | undefined;
}

interface OpenBundle {
  readonly chunk: PendingChunk;
  readonly parts: Uint8Array[];
  readonly blobs: IndexedBlob[];
  length: number;
}

export class ContentBundles {
  readonly #options: ContentBundlesOptions;
  /** Content that is on its way and not in the books yet. */
  readonly #onItsWay = new Map<string, ContentPart>();
  #open: OpenBundle | undefined;

  constructor(options: ContentBundlesOptions) {
    this.#options = options;
  }

  /** `plain` is copied. What is sent may still be on its way, or wait for company until `close`. */
  async lay(plain: Uint8Array, sink: ChunkSink): Promise<ContentPart> {
    const { keys, find, bundleBytes = BUNDLE_BYTES } = this.#options;
    const id = contentIdOf(keys, ChunkKind.content, plain).slice();
    const known = this.#onItsWay.get(keyOf(id)) ?? find(id);
    if (known) return known;
    const full =
      this.#open &&
      (this.#open.length + plain.length > bundleBytes || this.#open.blobs.length >= MAX_BUNDLE_FILES);
    if (full) await this.close(sink);
    this.#open ??= { chunk: new PendingChunk(), parts: [], blobs: [], length: 0 };
    const { chunk: pending, parts, blobs, length: offset } = this.#open;
    const part = { pending, offset, length: plain.length };
    this.#onItsWay.set(keyOf(id), part);
    parts.push(plain.slice());
    blobs.push({ id, length: plain.length });
    this.#open.length += plain.length;
    return part;
  }

  /** Everything that was laid is sealed some time after it resolves. */
  async close(sink: ChunkSink): Promise<void> {
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
    const onKept = (): void => {
      for (const { id } of blobs) this.#onItsWay.delete(keyOf(id));
    };
    await sink.send({ kind, plainLength: length, blobs, onKept }, () => crew.seal(kind, plain), chunk);
  }

  /** The run has failed: what was not kept is nowhere, and nobody must wait for what is open. */
  forget(reason: unknown): void {
    this.#open?.chunk.reject(reason);
    this.#open = undefined;
    this.#onItsWay.clear();
  }
}
