/** Sends chunks with a bounded number of bytes in flight (T4), and writes down each one that was acknowledged (L2). */
import type { IndexedBlob } from '../format/index-chunk.ts';
import type { ChunkKind } from '../format/kinds.ts';
import type { Digest, PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { ByteGate } from '../runtime/limiter.ts';
import type { ChunkStore } from '../store/chunk-store.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { PendingChunk } from './pending-chunk.ts';
import type { Sealer } from './sealer.ts';

/** Plain bytes of chunks that are being sealed or sent. */
const IN_FLIGHT_BYTES: number = 24 * MiB;

export interface ChunkDraft {
  readonly kind: ChunkKind;
  /** Given away with its whole buffer: it is detached as soon as it is sealed, which frees the memory at once (T4). */
  readonly plain: Uint8Array;
  /** What it carries, laid end to end; asked for when the digest is known. */
  blobs(digest: Digest): readonly IndexedBlob[];
  /** Called when the chunk is in the books, or turned out to be there already. */
  readonly onKept?: () => void;
}

export interface UploadStats {
  chunks: number;
  /** Before compression and after sealing. */
  plainBytes: number;
  sealedBytes: number;
  readonly chunksPerHolder: Map<PeerName, number>;
}

/** What the writers need: an uploader, or the dry run's stand-in. */
export interface ChunkSink {
  /** Resolves when there is room for it and it is on its way. Rejects with the failure of any chunk before. */
  submit(draft: ChunkDraft, chunk?: PendingChunk): Promise<PendingChunk>;
}

export interface UploaderOptions {
  readonly store: ChunkStore;
  readonly sealer: Sealer;
  readonly state: VaultState;
  readonly inFlightBytes?: number;
  readonly signal?: AbortSignal;
}

export class Uploader implements ChunkSink {
  readonly stats: UploadStats = { chunks: 0, plainBytes: 0, sealedBytes: 0, chunksPerHolder: new Map() };
  readonly #options: UploaderOptions;
  readonly #gate: ByteGate;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#gate = new ByteGate(options.inFlightBytes ?? IN_FLIGHT_BYTES);
    const outer = options.signal;
    this.#signal = outer ? AbortSignal.any([outer, this.#stop.signal]) : this.#stop.signal;
  }

  async submit(draft: ChunkDraft, chunk: PendingChunk = new PendingChunk()): Promise<PendingChunk> {
    const release = await this.#room(draft.plain.length, chunk);
    const sending = this.#send(draft, chunk)
      .catch((error: unknown) => this.#fail(error, chunk))
      .finally(() => {
        release();
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
    return chunk;
  }

  /** Resolves when everything submitted is acknowledged and in the books; throws the first failure. */
  async drain(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
    this.#check();
  }

  /** Gives up what is in flight and waits until it has ended; what was acknowledged stays in the books. */
  async abandon(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  async #room(bytes: number, chunk: PendingChunk): Promise<() => void> {
    try {
      this.#check();
      const release = await this.#gate.acquire(bytes, this.#signal);
      this.#check();
      return release;
    } catch (error) {
      chunk.reject(this.#failure?.error ?? error);
      throw this.#failure?.error ?? error;
    }
  }

  async #send(draft: ChunkDraft, chunk: PendingChunk): Promise<void> {
    const { store, sealer, state } = this.#options;
    const plainLength = draft.plain.length;
    const { digest, bytes } = await sealer.seal(draft.kind, draft.plain);
    freeBuffer(draft.plain);
    chunk.resolve(digest);
    const indexed = { digest, kind: draft.kind, blobs: draft.blobs(digest) };
    if (state.chunks.reuseChunk(digest)) {
      state.chunks.addIndexed([indexed]);
    } else {
      const { holders } = await store.put({ digest, bytes }, { signal: this.#signal });
      state.chunks.addPending(indexed, bytes.length, holders.length);
      this.#count(plainLength, bytes.length, holders);
    }
    draft.onKept?.();
  }

  #count(plainBytes: number, sealedBytes: number, holders: readonly PeerName[]): void {
    const { stats } = this;
    stats.chunks++;
    stats.plainBytes += plainBytes;
    stats.sealedBytes += sealedBytes;
    for (const holder of holders) {
      stats.chunksPerHolder.set(holder, (stats.chunksPerHolder.get(holder) ?? 0) + 1);
    }
  }

  /** The first failure ends the run: the others only follow from it. */
  #fail(error: unknown, chunk: PendingChunk): void {
    this.#failure ??= { error };
    chunk.reject(error);
    this.#stop.abort(error);
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
    this.#signal.throwIfAborted();
  }
}

/** Waiting for the garbage collector instead costs a hundred megabytes at full speed. */
function freeBuffer({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
