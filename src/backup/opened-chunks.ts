/** Opened chunks on demand: each is fetched once for all who wait for it, a bounded number at a time, a bounded number of bytes kept (T4). */
import { openChunk } from '../crypto/chunk-cipher.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest, keyOf } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';

export interface OpenedChunksOptions {
  /**
   * Bytes of opened chunks kept for the next reader; default 32 MiB: twice as much saves no fetch when a tree is read in
   * order, and costs 70 MiB of peak memory (100,000 files of 8 KiB: 340 against 264 MiB).
   */
  readonly maxBytes?: number;
  /** Content chunks asked for at the same time; default 16. Trees and lists do not wait behind them. */
  readonly maxFetches?: number;
  /** Asks again for what could not be had a moment ago; default false, see below. */
  readonly retries?: boolean;
}

interface Fetch {
  readonly opened: Promise<Uint8Array>;
  readonly abort: AbortController;
  waiters: number;
}

const MAX_REMEMBERED_FAILURES = 4096;

/**
 * A chunk that could not be had ('unavailable', 'lost', 'corrupt', 'unsupported-version') is not asked for again by the same object, so that the
 * thousand small files of one missing bundle fail in one wait, not in a thousand. Make a new object to try again.
 */
export class OpenedChunks {
  readonly #reader: ChunkReader;
  readonly #keys: VaultKeys;
  readonly #maxBytes: number;
  readonly #maxFetches: number;
  readonly #retries: boolean;
  readonly #opened = new Map<string, Uint8Array>();
  readonly #failures = new Map<string, VaultError>();
  readonly #fetches = new Map<string, Fetch>();
  readonly #queue: (() => void)[] = [];
  #keptBytes = 0;
  #running = 0;

  constructor(reader: ChunkReader, keys: VaultKeys, options: OpenedChunksOptions = {}) {
    this.#reader = reader;
    this.#keys = keys;
    this.#maxBytes = options.maxBytes ?? 32 * MiB;
    this.#maxFetches = options.maxFetches ?? 16;
    this.#retries = options.retries ?? false;
  }

  /**
   * The plain bytes `ref` points to; a view that must not be changed. Throws 'unavailable', 'lost', 'corrupt' (also when
   * `ref` reaches beyond its chunk), or the signal's reason.
   */
  async bytes(kind: ChunkKind, ref: BlobRef, options: WaitOptions = {}): Promise<Uint8Array> {
    return sliceOf(await this.whole(kind, ref.chunk, options), ref);
  }

  /** All plain bytes of a chunk; like `bytes`. */
  async whole(kind: ChunkKind, digest: Digest, options: WaitOptions = {}): Promise<Uint8Array> {
    const key = chunkKey(kind, digest);
    const kept = this.#recall(key);
    if (kept) return kept;
    const failure = this.#failures.get(key);
    if (failure) throw failure;
    options.signal?.throwIfAborted();
    return await this.#wait(key, kind, digest, options.signal);
  }

  /** All plain bytes of a chunk without waiting: `undefined` when it is not in memory now. */
  peek(kind: ChunkKind, digest: Digest): Uint8Array | undefined {
    return this.#recall(chunkKey(kind, digest));
  }

  #recall(key: string): Uint8Array | undefined {
    const kept = this.#opened.get(key);
    if (!kept) return undefined;
    this.#opened.delete(key);
    this.#opened.set(key, kept);
    return kept;
  }

  async #wait(key: string, kind: ChunkKind, digest: Digest, signal?: AbortSignal): Promise<Uint8Array> {
    let fetch = this.#fetches.get(key);
    if (!fetch) {
      const abort = new AbortController();
      fetch = { opened: this.#fetch(key, kind, digest, abort.signal), abort, waiters: 0 };
      this.#fetches.set(key, fetch);
    }
    fetch.waiters++;
    try {
      return signal ? await unlessAborted(fetch.opened, signal) : await fetch.opened;
    } finally {
      fetch.waiters--;
      if (fetch.waiters === 0 && this.#fetches.get(key) === fetch) {
        this.#fetches.delete(key);
        fetch.abort.abort(new VaultError('interrupted', 'nobody waits for this chunk any more'));
      }
    }
  }

  async #fetch(key: string, kind: ChunkKind, digest: Digest, signal: AbortSignal): Promise<Uint8Array> {
    await this.#slot(kind);
    try {
      signal.throwIfAborted();
      const sealed = await this.#reader.get(digest, { signal });
      if (!sealed) throw new VaultError('lost', `no holder has chunk ${cidText(digest)} any more`);
      const opened = openChunk(this.#keys, kind, sealed);
      this.#keep(key, opened);
      return opened;
    } catch (error) {
      if (isVaultError(error) && !signal.aborted) this.#rememberFailure(key, error);
      throw error;
    } finally {
      if (!signal.aborted) this.#fetches.delete(key);
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** Waits for a turn, which `#fetch` hands on; what the walk itself needs (trees, lists) goes before content. */
  async #slot(kind: ChunkKind): Promise<void> {
    if (this.#running < this.#maxFetches) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve) => {
      if (kind === ChunkKind.content) this.#queue.push(resolve);
      else this.#queue.unshift(resolve);
    });
  }

  #keep(key: string, opened: Uint8Array): void {
    this.#opened.set(key, opened);
    this.#keptBytes += opened.length;
    for (const [oldest, bytes] of this.#opened) {
      if (this.#keptBytes <= this.#maxBytes) return;
      this.#opened.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
  }

  #rememberFailure(key: string, error: VaultError): void {
    if (this.#retries) return;
    this.#failures.set(key, error);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_REMEMBERED_FAILURES) return;
      this.#failures.delete(oldest);
    }
  }
}

function chunkKey(kind: ChunkKind, digest: Digest): string {
  return `${kind}:${keyOf(digest)}`;
}

/** The part of an opened chunk that `ref` points to. Throws 'corrupt' when it reaches beyond. */
function sliceOf(opened: Uint8Array, ref: BlobRef): Uint8Array {
  const { offset, length } = ref;
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!inside || offset + length > opened.length) {
    throw new VaultError(
      'corrupt',
      `a reference (${offset}+${length}) reaches beyond chunk ${cidText(ref.chunk)} of ${opened.length} bytes`,
    );
  }
  return opened.subarray(offset, offset + length);
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
