/** Sends chunks with a bounded number of bytes in flight (T4), and writes down each one that was acknowledged (L2). */
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import type { IndexedBlob } from '../format/index-chunk.ts';
import type { ChunkKind } from '../format/kinds.ts';
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import { ByteGate } from '../runtime/limiter.ts';
import type { ChunkStore } from '../store/chunk-store.ts';
import type { VaultState } from '../vault/vault-state.ts';
import type { PendingChunk } from './pending-chunk.ts';

/** Plain bytes of chunks that are being sealed or sent. */
const IN_FLIGHT_BYTES: number = 16 * MiB;

/** So much of what was acknowledged a killed process may have to send again. */
const SETTLE_MS = 500;

export interface ChunkDraft {
  readonly kind: ChunkKind;
  readonly plainLength: number;
  /** What it carries, laid end to end. */
  readonly blobs: readonly IndexedBlob[] | ((digest: Uint8Array) => readonly IndexedBlob[]);
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
  /** Resolves when there is room for it and its seal was asked for; it goes on its own from there. Rejects with the failure of any chunk before. */
  send(draft: ChunkDraft, seal: () => Promise<SealedBytes>, chunk: PendingChunk): Promise<void>;
}

/** Where it is written down what was sent. */
export type UploadBooks = Pick<VaultState['chunks'], 'reuseChunk' | 'addIndexed' | 'addPending' | 'settle'>;

export interface UploaderOptions {
  readonly store: Pick<ChunkStore, 'put'>;
  readonly state: { readonly chunks: UploadBooks };
  readonly clock: Clock;
  readonly inFlightBytes?: number;
  readonly signal?: AbortSignal;
}

export class Uploader implements ChunkSink {
  readonly stats: UploadStats = { chunks: 0, plainBytes: 0, sealedBytes: 0, chunksPerHolder: new Map() };
  readonly #options: UploaderOptions;
  readonly #gate: ByteGate;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #settledMs = 0;
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#gate = new ByteGate(options.inFlightBytes ?? IN_FLIGHT_BYTES);
    const outer = options.signal;
    this.#signal = outer ? AbortSignal.any([outer, this.#stop.signal]) : this.#stop.signal;
  }

  async send(draft: ChunkDraft, seal: () => Promise<SealedBytes>, chunk: PendingChunk): Promise<void> {
    const release = await this.#room(draft.plainLength, chunk);
    const sending = this.#send(draft, seal, chunk)
      .catch((error: unknown) => this.#fail(error, chunk))
      .finally(() => {
        release();
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
  }

  /** Resolves when everything submitted is acknowledged and in the books; throws the first failure. */
  async drain(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
    this.#options.state.chunks.settle();
    this.#check();
  }

  /** Gives up what is in flight and waits until it has ended; what was acknowledged stays in the books. */
  async abandon(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    while (this.#sending.size > 0) await Promise.all(this.#sending);
    try {
      this.#options.state.chunks.settle();
    } catch {
      // the run has failed already, and the next one only sends a few chunks again
    }
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

  async #send(draft: ChunkDraft, seal: () => Promise<SealedBytes>, chunk: PendingChunk): Promise<void> {
    const { store, state } = this.#options;
    const { digest, bytes, release } = await seal();
    const sealedBytes = bytes.length;
    chunk.resolve(digest);
    const { blobs, kind } = draft;
    const indexed = { digest, kind, blobs: typeof blobs === 'function' ? blobs(digest) : blobs };
    if (state.chunks.reuseChunk(digest)) {
      state.chunks.addIndexed([indexed]);
      release?.();
    } else {
      const sealed = { digest, bytes, namedHere: true } as const;
      const { holders, unused } = await store.put(sealed, { signal: this.#signal });
      if (unused) release?.();
      state.chunks.addPending(indexed, sealedBytes, holders.length);
      this.#settle(this.#sending.size < 2);
      this.#count(draft.plainLength, sealedBytes, holders);
    }
    draft.onKept?.();
  }

  /** Committing each chunk would cost more than sending it; when nothing follows soon, or after a while, it is done. */
  #settle(now: boolean): void {
    const { state, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!now && nowMs - this.#settledMs < SETTLE_MS) return;
    state.chunks.settle();
    this.#settledMs = nowMs;
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
