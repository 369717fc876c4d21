/** Reads large files to their end, whatever their size turns out to be, and turns them into pieces: cut and listed (C2, C3). */
import { pipe } from 'it-pipe';
import type { ChunkSizes } from '../chunker/chunk-sizes.ts';
import { Chunker, type Cut } from '../chunker/chunker.ts';
import { boundaryDecision } from '../crypto/boundary-prf.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { encodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import { MAX_DIRECT_REFS } from '../format/tree-page.ts';
import { KiB } from '../model/units.ts';
import type { ContentWriter } from './content-writer.ts';
import type { SlowFile } from './file-source.ts';
import type { Pacer } from './pacer.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';
import { type HeldSlab, SlabPool } from './slab-pool.ts';

const SLICE_BYTES: number = 512 * KiB;
/** With less room than this the next file begins in another slab. */
const LEAST_ROOM_BYTES: number = 512 * KiB;
/** References in one list: about 8 GiB of file, 330 KB of list. */
const LIST_REFS = 8192;
/** Pieces on their way at a time: the slabs bound their bytes, this bounds small ones. */
const PIECES_AT_ONCE = 16;

export interface FileContent {
  /** Bytes that were read. */
  readonly size: number;
  readonly parts: readonly ContentPart[];
  /** The parts are lists of references. */
  readonly indirect: boolean;
}

/** A file that was read to its end; where its content lies is known when the pieces are sealed. */
export interface ReadLarge {
  readonly size: number;
  readonly content: Promise<FileContent>;
}

export interface LargeFilesOptions {
  readonly keys: Pick<VaultKeys, 'chunker'>;
  readonly content: ContentWriter;
  readonly pacer: Pacer;
  readonly onBytes: (bytes: number) => void;
  /** Between two slices of a file: periodic commits. */
  readonly onSlice?: () => Promise<void> | undefined;
  /** Of the pieces; one vault should keep to one choice, or it finds less of what it has. */
  readonly sizes?: ChunkSizes;
  readonly signal?: AbortSignal;
}

interface HeldCut {
  readonly cut: Cut;
  readonly slab: HeldSlab;
}

/** One file at a time; who comes meanwhile waits. */
export class LargeFiles {
  readonly #options: LargeFilesOptions;
  readonly #pool = new SlabPool();
  #slab: HeldSlab | undefined;
  #chunker: Chunker | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LargeFilesOptions) {
    this.#options = options;
  }

  /** Resolves when the file can be closed. Rejects with what reading threw, or with the failure of the upload. */
  read(file: Pick<SlowFile, 'read'>): Promise<ReadLarge> {
    const turn = this.#turn.then(() => this.#read(file));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Read, cut and push run as one pipeline: no stage waits for the whole of the one before. */
  async #read(file: Pick<SlowFile, 'read'>): Promise<ReadLarge> {
    const pieces = new Pieces(this.#options.content);
    let size = 0;
    try {
      await pipe(this.#cuts(file), async (cuts) => {
        for await (const { cut, slab } of cuts) {
          size += cut.end - cut.start;
          await pieces.add(cut, slab);
        }
      });
    } catch (error) {
      this.#forget(); // a chunker that was left in the middle of a file is not used again
      throw error;
    }
    const content = pieces.finish().then((places) => ({ size, ...places }));
    content.catch(() => undefined); // thrown where it is used
    return { size, content };
  }

  async *#cuts(file: Pick<SlowFile, 'read'>): AsyncGenerator<HeldCut> {
    const { pacer, signal, onBytes, onSlice } = this.#options;
    const chunker = await this.#ready();
    for (let position = 0; ; ) {
      signal?.throwIfAborted();
      if (pacer.due()) await pacer.rest();
      const pause = onSlice?.();
      if (pause) await pause;
      if (chunker.room().length === 0) await this.#nextSlab(chunker);
      const read = file.read(chunker.room().subarray(0, SLICE_BYTES), position);
      const length = typeof read === 'number' ? read : await read;
      if (length === 0) break;
      position += length;
      onBytes(length);
      for (const cut of chunker.take(length)) yield this.#held(cut);
    }
    const last = chunker.finish();
    if (last) yield this.#held(last);
  }

  #held(cut: Cut): HeldCut {
    const slab = this.#slab as HeldSlab;
    slab.hold();
    return { cut, slab };
  }

  async #ready(): Promise<Chunker> {
    if (this.#chunker && this.#chunker.room().length < LEAST_ROOM_BYTES) this.#forget();
    this.#slab ??= await this.#pool.take();
    this.#chunker ??= new Chunker(this.#slab.slab, boundaryDecision(this.#options.keys), this.#options.sizes);
    return this.#chunker;
  }

  async #nextSlab(chunker: Chunker): Promise<void> {
    const next = await this.#pool.take();
    chunker.moveTo(next.slab);
    this.#slab?.letGo();
    this.#slab = next;
  }

  #forget(): void {
    this.#slab?.letGo();
    this.#slab = undefined;
    this.#chunker = undefined;
  }
}

/** Gathers the pieces of one file; beyond what a tree node may carry they move into lists, so that huge files cost no memory. */
class Pieces {
  readonly #content: ContentWriter;
  readonly #lists: ContentPart[] = [];
  #parts: Promise<ContentPart>[] = [];
  readonly #running = new Set<Promise<unknown>>();

  constructor(content: ContentWriter) {
    this.#content = content;
  }

  /** Waits while too many are on their way. */
  async add({ start, end }: Cut, slab: HeldSlab): Promise<void> {
    const { memory } = slab.slab;
    const part = this.#content.piece(ChunkKind.content, { memory, start, end }, () => slab.letGo());
    part.catch(() => undefined); // thrown where the parts are used
    this.#parts.push(part);
    const running: Promise<unknown> = part.then(
      () => this.#running.delete(running),
      () => this.#running.delete(running),
    );
    this.#running.add(running);
    if (this.#running.size >= PIECES_AT_ONCE) await Promise.race(this.#running);
    if (this.#parts.length >= LIST_REFS) await this.#list();
  }

  async finish(): Promise<Pick<FileContent, 'parts' | 'indirect'>> {
    if (this.#lists.length === 0 && this.#parts.length <= MAX_DIRECT_REFS) {
      return { parts: await Promise.all(this.#parts), indirect: false };
    }
    if (this.#parts.length > 0) await this.#list();
    return { parts: this.#lists, indirect: true };
  }

  async #list(): Promise<void> {
    const parts = await Promise.all(this.#parts);
    this.#parts = [];
    await this.#content.flush(); // a piece may equal a small file of an open bundle, which would wait for ever
    const refs: BlobRef[] = [];
    for (const part of parts) refs.push(await placeOf(part));
    this.#lists.push(await this.#content.list(encodeContentList(refs)));
  }
}
