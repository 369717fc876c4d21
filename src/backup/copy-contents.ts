/**
 * Takes the contents of files from one vault into another: opened with the keys of the one, recognised, cut and sealed with those of the
 * other, so that later backups into it know them (C2, C3).
 */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { keyOf } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { ContentBundles } from './content-bundles.ts';
import { ContentWriter, type FindContent } from './content-writer.ts';
import type { CopiedContent, CopiedPlaces } from './copied-places.ts';
import type { CopySource } from './copy-source.ts';
import type { Crew } from './crew.ts';
import { SMALL_FILE_BYTES } from './crew-hand.ts';
import { LargeFiles } from './large-files.ts';
import { Pacer } from './pacer.ts';
import { placeOf } from './pending-chunk.ts';
import type { ChunkSink } from './upload.ts';

/** Chunks of small files that are asked for while one is dealt with. */
const CHUNKS_AHEAD = 8;
const FILES_AHEAD = 1024;

export interface CopyContentsOptions {
  readonly source: CopySource;
  /** Of the vault that it goes to, like all below. */
  readonly keys: VaultKeys;
  readonly crew: Crew;
  readonly sink: ChunkSink;
  readonly find: FindContent;
  readonly places: CopiedPlaces;
  readonly clock: Clock;
  readonly onBytes: (bytes: number) => void;
  readonly bundleBytes?: number | undefined;
  readonly signal?: AbortSignal;
}

interface Awaited {
  readonly chunk: string;
  readonly bytes: Promise<Uint8Array>;
  readonly placed: PromiseWithResolvers<CopiedContent>;
}

/** For one snapshot: calls come one after the other. */
export class CopyContents {
  readonly #options: CopyContentsOptions;
  readonly #bundles: ContentBundles;
  readonly #pieces: ContentWriter;
  readonly #large: LargeFiles;
  readonly #ahead: Awaited[] = [];
  /** How often the chunk is another than that of the file before, in #ahead. */
  #chunksAhead = 0;

  constructor(options: CopyContentsOptions) {
    const { keys, crew, find, bundleBytes, clock, onBytes, signal } = options;
    this.#options = options;
    this.#bundles = new ContentBundles({
      keys,
      crew,
      bundleBytes,
      find: (id) => find(ChunkKind.content, id),
    });
    this.#pieces = new ContentWriter({ ...options, bundleBytes });
    this.#large = new LargeFiles({
      keys,
      content: this.#pieces,
      pacer: new Pacer(clock),
      onBytes,
      ...(signal ? { signal } : {}),
    });
  }

  /** Where it will lie is known at the latest after `flush`. Throws what reading the source or sending throws. */
  async take(node: FileNode): Promise<{ readonly placed: Promise<CopiedContent> }> {
    const { places, onBytes } = this.#options;
    const known = places.find(node);
    if (known) {
      onBytes(node.size);
      return { placed: known };
    }
    const [only] = node.content;
    if (!only) return { placed: Promise.resolve({ content: [], indirect: false }) };
    const isSmall = node.content.length === 1 && !node.indirect && node.size < SMALL_FILE_BYTES;
    const { placed } = isSmall ? this.#askFor(only) : await this.#cut(node);
    placed.catch(() => undefined); // thrown where it is used
    places.add(node, placed);
    while (this.#chunksAhead > CHUNKS_AHEAD || this.#ahead.length > FILES_AHEAD) await this.#layFirst();
    return { placed };
  }

  /** Sends what waits for company. */
  async flush(): Promise<void> {
    while (this.#ahead.length > 0) await this.#layFirst();
    await this.#bundles.close(this.#options.sink);
    await this.#pieces.flush();
  }

  /** The run has failed: nobody must wait for what is open. */
  abandon(reason: unknown): void {
    for (const { placed } of this.#ahead) placed.reject(reason);
    this.#bundles.forget(reason);
    this.#pieces.abandon(reason);
  }

  #askFor(ref: BlobRef): { readonly placed: Promise<CopiedContent> } {
    const bytes = this.#options.source.bytes(ref);
    bytes.catch(() => undefined); // thrown when its turn comes
    const placed = Promise.withResolvers<CopiedContent>();
    placed.promise.catch(() => undefined); // thrown where it is used
    const chunk = keyOf(ref.chunk);
    if (this.#ahead.at(-1)?.chunk !== chunk) this.#chunksAhead++;
    this.#ahead.push({ chunk, bytes, placed });
    return { placed: placed.promise };
  }

  async #layFirst(): Promise<void> {
    const first = this.#ahead[0];
    if (!first) return;
    const plain = await first.bytes;
    this.#ahead.shift();
    if (this.#ahead[0]?.chunk !== first.chunk) this.#chunksAhead--;
    try {
      const part = await this.#bundles.lay(plain, this.#options.sink);
      first.placed.resolve(
        Promise.resolve(placeOf(part)).then((ref) => ({ content: [ref], indirect: false })),
      );
    } catch (error) {
      first.placed.reject(error);
      throw error;
    }
    this.#options.onBytes(plain.length);
  }

  /** Cuts it again: a backup into this vault would cut it so. */
  async #cut(node: FileNode): Promise<{ readonly placed: Promise<CopiedContent> }> {
    const { content } = await this.#large.read(this.#options.source.open(node));
    const placed = async (): Promise<CopiedContent> => {
      const { parts, indirect } = await content;
      return { content: await Promise.all(parts.map(async (part) => placeOf(part))), indirect };
    };
    return { placed: placed() };
  }
}
