/** Reads one open file to its end, whatever its size turns out to be, and turns it into pieces: bundled, cut, listed (C2, C3). */
import { pipe } from 'it-pipe';
import type { ChunkSizes } from '../chunker/chunk-sizes.ts';
import { Chunker } from '../chunker/chunker.ts';
import { boundaryDecision } from '../crypto/boundary-prf.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { encodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import { MAX_DIRECT_REFS } from '../format/tree-page.ts';
import { KiB } from '../model/units.ts';
import { type BundleWriter, SMALL_FILE_BYTES } from './bundle-writer.ts';
import type { SourceFile } from './file-source.ts';
import type { Pacer } from './pacer.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';

const SLICE_BYTES: number = 512 * KiB;
/** References in one list: about 8 GiB of file, 330 KB of list. */
const LIST_REFS = 8192;

export interface FileContent {
  /** Bytes that were read. */
  readonly size: number;
  readonly parts: readonly ContentPart[];
  /** The parts are lists of references. */
  readonly indirect: boolean;
}

export interface FileReaderOptions {
  readonly keys: VaultKeys;
  readonly bundles: BundleWriter;
  readonly pacer: Pacer;
  readonly onBytes: (bytes: number) => void;
  /** Between two slices of a large file: periodic commits. */
  readonly onSlice?: () => Promise<void> | undefined;
  /** Of the pieces of large files; one vault should keep to one choice, or it finds less of what it has. */
  readonly sizes?: ChunkSizes;
  readonly signal?: AbortSignal;
}

/** One file at a time: it owns the buffers. */
export class FileReader {
  readonly #options: FileReaderOptions;
  readonly #buffer = new Uint8Array(SLICE_BYTES);
  #chunker: Chunker | undefined;

  constructor(options: FileReaderOptions) {
    this.#options = options;
  }

  /** Rejects with what reading threw, or with the failure of the upload. */
  async read(file: SourceFile): Promise<FileContent> {
    const head = fill(file, this.#buffer.subarray(0, SMALL_FILE_BYTES), 0);
    if (head === 0) return { size: 0, parts: [], indirect: false };
    if (head >= SMALL_FILE_BYTES) return await this.#readLarge(file);
    this.#options.onBytes(head);
    const part = await this.#options.bundles.small(this.#buffer.subarray(0, head));
    return { size: head, parts: [part], indirect: false };
  }

  /** Read, cut and push run as one pipeline: no stage waits for the whole of the one before. */
  async #readLarge(file: SourceFile): Promise<FileContent> {
    const pieces = new PieceCollector(this.#options.bundles);
    const chunker = this.#chunker ?? new Chunker(boundaryDecision(this.#options.keys), this.#options.sizes);
    this.#chunker = undefined; // one that was left in the middle of a file is not used again
    const size = await pipe(
      this.#slices(file),
      (slices) => cut(slices, chunker),
      async (cuts) => {
        let bytes = 0;
        for await (const piece of cuts) {
          bytes += piece.length;
          await pieces.add(await this.#options.bundles.piece(ChunkKind.content, piece));
        }
        return bytes;
      },
    );
    this.#chunker = chunker;
    return { size, ...(await pieces.finish()) };
  }

  async *#slices(file: SourceFile): AsyncGenerator<Uint8Array> {
    const { pacer, signal, onBytes, onSlice } = this.#options;
    for (let position = 0; ; ) {
      signal?.throwIfAborted();
      if (pacer.due()) await pacer.rest();
      const pause = onSlice?.();
      if (pause) await pause;
      const length = file.read(this.#buffer, position);
      if (length === 0) return;
      position += length;
      onBytes(length);
      yield this.#buffer.subarray(0, length);
    }
  }
}

/** The chunker copies what it takes, so the slices may share one buffer. */
async function* cut(slices: AsyncIterable<Uint8Array>, chunker: Chunker): AsyncGenerator<Uint8Array> {
  for await (const slice of slices) yield* chunker.push(slice);
  const last = chunker.finish();
  if (last) yield last;
}

/** Reads until `into` is full or the file ends. */
function fill(file: SourceFile, into: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < into.length) {
    const length = file.read(into.subarray(filled), position + filled);
    if (length === 0) break;
    filled += length;
  }
  return filled;
}

/** Gathers the pieces of one file; beyond what a tree node may carry they move into lists, so that huge files cost no memory. */
class PieceCollector {
  readonly #bundles: BundleWriter;
  readonly #lists: ContentPart[] = [];
  #parts: ContentPart[] = [];

  constructor(bundles: BundleWriter) {
    this.#bundles = bundles;
  }

  async add(part: ContentPart): Promise<void> {
    this.#parts.push(part);
    if (this.#parts.length >= LIST_REFS) await this.#list();
  }

  async finish(): Promise<Pick<FileContent, 'parts' | 'indirect'>> {
    if (this.#lists.length === 0 && this.#parts.length <= MAX_DIRECT_REFS) {
      return { parts: this.#parts, indirect: false };
    }
    if (this.#parts.length > 0) await this.#list();
    return { parts: this.#lists, indirect: true };
  }

  async #list(): Promise<void> {
    await this.#bundles.close(); // a piece may equal a small file of the open bundle, which would wait for ever
    const refs: BlobRef[] = [];
    for (const part of this.#parts) refs.push(await placeOf(part));
    this.#parts = [];
    this.#lists.push(await this.#bundles.piece(ChunkKind.list, encodeContentList(refs)));
  }
}
