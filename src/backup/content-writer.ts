/**
 * Turns contents into chunks and says where each lies (C3): small files are read by the hands of a crew, batch by batch, and what the
 * vault does not have is laid end to end into bundles; pieces of large files become chunks of their own.
 */
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { IndexedBlob } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import { type ContentId, keyOf } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Crew, Gathered, PieceBytes, SmallAsk, SmallOutcome } from './crew.ts';
import { SMALL_FILE_BYTES } from './crew-hand.ts';
import { type ContentPart, PendingChunk } from './pending-chunk.ts';
import type { ChunkDraft, ChunkSink } from './upload.ts';

const BUNDLE_BYTES: number = 1 * MiB;
/** Keep what one chunk costs in memory and in the index bounded when files are tiny. */
const MAX_BUNDLE_FILES = 4096;
const MAX_BATCH_FILES = 512;
/** Batches that a hand has been given and that are not settled: one is read while the other is decided about. */
const BATCHES_PER_HAND = 2;
/** A bundle is sent when it has this part of what it should have; what is smaller waits for the next batch. */
const ENOUGH_SHARE = 0.75;

/** Where content lies already, in chunks that are live or sent. */
export type FindContent = (kind: ChunkKind, id: ContentId) => BlobRef | undefined;

export interface ContentWriterOptions {
  readonly crew: Crew;
  readonly sink: ChunkSink;
  readonly find: FindContent;
  /** About how many bytes a bundle has; default 1 MiB. */
  readonly bundleBytes?: number | undefined;
}

/** Most plain bytes of a bundle of about so many: what waited, and a batch. */
export function fullBundleBytes(bundleBytes: number = BUNDLE_BYTES): number {
  return Math.max(Math.ceil(bundleBytes * (1 + ENOUGH_SHARE)), SMALL_FILE_BYTES);
}

/** What a small file turned out to be, and where its content lies. */
export interface SmallFileRead {
  readonly outcome: SmallOutcome;
  /** None for a file without content. */
  readonly part: ContentPart | undefined;
}

/** A place in a batch: there are as many as files, so it is as little as can be. */
export interface SmallSlot {
  readonly batch: {
    /** Set when all files of the batch are settled. */
    readonly reads: readonly SmallFileRead[] | undefined;
    readonly settled: Promise<readonly SmallFileRead[]>;
  };
  readonly index: number;
}

export async function readOf({ batch, index }: SmallSlot): Promise<SmallFileRead> {
  return (batch.reads ?? (await batch.settled))[index] as SmallFileRead;
}

class Batch {
  readonly asks: SmallAsk[] = [];
  bytes = 0;
  reads: readonly SmallFileRead[] | undefined;
  readonly settled: Promise<readonly SmallFileRead[]>;
  readonly #settled = Promise.withResolvers<readonly SmallFileRead[]>();

  constructor() {
    this.settled = this.#settled.promise;
    this.settled.catch(() => undefined); // who waits for a file sees the failure
  }

  add(ask: SmallAsk): SmallSlot {
    this.bytes += ask.seen.size;
    return { batch: this, index: this.asks.push(ask) - 1 };
  }

  settle(reads: readonly SmallFileRead[]): void {
    this.reads = reads;
    this.#settled.resolve(reads);
  }

  fail(reason: unknown): void {
    this.#settled.reject(reason);
  }
}

/** The bundle that a hand has begun, as it is known here. */
interface OpenBundle {
  readonly chunk: PendingChunk;
  readonly blobs: IndexedBlob[];
  readonly keys: string[];
  length: number;
}

/** What is asked of one hand, one after the other. */
class Lane {
  readonly hand: number;
  batches = 0;
  open: OpenBundle | undefined;
  tail: Promise<void> = Promise.resolve();

  constructor(hand: number) {
    this.hand = hand;
  }
}

export class ContentWriter {
  readonly #options: ContentWriterOptions;
  readonly #targetBytes: number;
  /** No bundle of several files is longer. */
  readonly #fullBytes: number;
  readonly #lanes: readonly Lane[];
  /** Content that is on its way and not in the books yet. */
  readonly #onItsWay = new Map<string, ContentPart>();
  #batch = new Batch();
  #wakeUp: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ContentWriterOptions) {
    this.#options = options;
    this.#targetBytes = options.bundleBytes ?? BUNDLE_BYTES;
    this.#fullBytes = fullBundleBytes(this.#targetBytes);
    this.#lanes = Array.from({ length: options.crew.hands }, (_, hand) => new Lane(hand));
  }

  /** A file to be read whole; a promise while there is no room for it. What comes of it is known later, at the latest after `flush`. */
  small(ask: SmallAsk): SmallSlot | Promise<SmallSlot> {
    this.#check();
    const { bytes, asks } = this.#batch;
    const full = bytes + ask.seen.size > this.#targetBytes || asks.length >= MAX_BATCH_FILES;
    if (!full || asks.length === 0) return this.#batch.add(ask);
    return this.#dispatch().then(() => this.#batch.add(ask));
  }

  /** One piece of a large file, or one list of them: a chunk of its own. `onDone`: its bytes are needed no more. */
  async piece(kind: ChunkKind, bytes: PieceBytes, onDone: () => void): Promise<ContentPart> {
    this.#check();
    const { crew, find } = this.#options;
    const length = bytes.end - bytes.start;
    try {
      const id = await crew.identify(kind, bytes);
      const key = keyOf(id);
      const known = this.#onItsWay.get(key) ?? find(kind, id);
      if (known) return known;
      const part = { pending: new PendingChunk(), offset: 0, length };
      this.#onItsWay.set(key, part);
      const draft = { kind, plainLength: length, blobs: [{ id, length }], onKept: () => this.#kept([key]) };
      await this.#send(draft, () => crew.sealPiece(kind, bytes), part.pending);
      await part.pending.sealed;
      return part;
    } finally {
      onDone();
    }
  }

  /** A list of references: like a piece, but with memory of its own. */
  async list(plain: Uint8Array): Promise<ContentPart> {
    const memory = new SharedArrayBuffer(plain.length);
    new Uint8Array(memory).set(plain);
    return this.piece(ChunkKind.list, { memory, start: 0, end: plain.length }, () => undefined);
  }

  /** Sends what waits for company: afterwards every file that was given is settled, or on its way. */
  async flush(): Promise<void> {
    if (this.#batch.asks.length > 0) await this.#dispatch();
    await Promise.all(
      this.#lanes.map(async (lane) => {
        this.#inTurn(lane, () => this.#closeBundle(lane));
        await lane.tail;
      }),
    );
    this.#check();
  }

  /** The run has failed: nobody must wait for what is open. */
  abandon(reason: unknown): void {
    this.#fail(reason);
    this.#batch.fail(reason);
    for (const lane of this.#lanes) lane.open?.chunk.reject(reason);
  }

  async #dispatch(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Batch();
    const lane = await this.#freeLane();
    lane.batches += 1;
    const gathering = this.#options.crew.gather(lane.hand, batch.asks);
    gathering.catch(() => undefined); // thrown by the await below
    this.#inTurn(lane, async () => {
      try {
        batch.settle(await this.#settle(lane, await gathering));
      } catch (error) {
        batch.fail(error);
        throw error;
      } finally {
        lane.batches -= 1;
        this.#wakeUp();
      }
    });
  }

  async #freeLane(): Promise<Lane> {
    for (;;) {
      this.#check();
      const lane = this.#lanes.reduce((best, one) => (one.batches < best.batches ? one : best));
      if (lane.batches < BATCHES_PER_HAND) return lane;
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
      });
    }
  }

  /** One thing after the other; the first that fails ends the run. */
  #inTurn(lane: Lane, work: () => Promise<void>): void {
    lane.tail = lane.tail.then(work).catch((error: unknown) => this.#fail(error));
  }

  /** Decides what of a batch the vault needs. Usually that goes into one bundle; files that have grown may need more. */
  async #settle(lane: Lane, { outcomes, batch }: Gathered): Promise<SmallFileRead[]> {
    const { crew } = this.#options;
    const reads: SmallFileRead[] = [];
    let kept: number[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const known = this.#known(outcome);
      if (known || outcome.kind !== 'read' || !outcome.id) {
        reads.push({ outcome, part: known });
        continue;
      }
      if (lane.open && lane.open.length + outcome.length > this.#fullBytes) {
        crew.keep(lane.hand, batch, kept, true);
        kept = [];
        await this.#closeBundle(lane);
      }
      reads.push({ outcome, part: this.#lay(lane, outcome.id, outcome.length) });
      kept.push(index);
    }
    crew.keep(lane.hand, batch, kept, false);
    const { length, blobs } = lane.open ?? { length: 0, blobs: [] };
    if (length >= ENOUGH_SHARE * this.#targetBytes || blobs.length > MAX_BUNDLE_FILES - MAX_BATCH_FILES)
      await this.#closeBundle(lane);
    return reads;
  }

  #known(outcome: SmallOutcome): ContentPart | undefined {
    if (outcome.kind !== 'read' || !outcome.id) return undefined;
    return this.#onItsWay.get(keyOf(outcome.id)) ?? this.#options.find(ChunkKind.content, outcome.id);
  }

  /** At the end of the hand's open bundle. */
  #lay(lane: Lane, id: ContentId, length: number): ContentPart {
    lane.open ??= { chunk: new PendingChunk(), blobs: [], keys: [], length: 0 };
    const { open } = lane;
    const part = { pending: open.chunk, offset: open.length, length };
    open.blobs.push({ id, length });
    open.keys.push(keyOf(id));
    open.length += length;
    this.#onItsWay.set(keyOf(id), part);
    return part;
  }

  async #closeBundle(lane: Lane): Promise<void> {
    const bundle = lane.open;
    lane.open = undefined;
    if (!bundle) return;
    const { blobs, keys, length, chunk } = bundle;
    const draft = { kind: ChunkKind.content, plainLength: length, blobs, onKept: () => this.#kept(keys) };
    await this.#send(draft, () => this.#options.crew.sealOpen(lane.hand), chunk);
  }

  /** Resolves when the seal has been asked for. */
  async #send(draft: ChunkDraft, seal: () => Promise<SealedBytes>, chunk: PendingChunk): Promise<void> {
    await this.#options.sink.send(draft, seal, chunk);
  }

  #kept(keys: readonly string[]): void {
    for (const key of keys) this.#onItsWay.delete(key);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeUp();
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
