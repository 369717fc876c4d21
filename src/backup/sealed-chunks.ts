/** Sealed content chunks on demand: what cannot be had is asked for once, what is asked for again and again is kept (T4). */
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest, keyOf } from '../model/ids.ts';
import { KiB, MiB } from '../model/units.ts';
import type { ChunkReader } from '../store/chunk-store.ts';

const MAX_REMEMBERED = 4096;
const KEPT_BYTES: number = 8 * MiB;
/** Kept at once: long runs of zeros are such chunks. */
const SMALL_BYTES: number = 64 * KiB;

/**
 * A chunk that could not be had ('unavailable', 'lost', 'corrupt') is not asked for again by the same object, so that the
 * files of one missing bundle fail in one wait.
 */
export class SealedChunks {
  readonly #reader: ChunkReader;
  readonly #failures = new Map<string, VaultError>();
  readonly #kept = new Map<string, Uint8Array>();
  /** Those of the last few thousand that were asked for once. */
  readonly #seen = new Set<string>();
  #keptBytes = 0;

  constructor(reader: ChunkReader) {
    this.#reader = reader;
  }

  /** The sealed bytes, which are the caller's own. Throws 'unavailable', 'lost', 'corrupt', or the signal's reason. */
  async get(digest: Digest, signal: AbortSignal): Promise<Uint8Array> {
    const key = keyOf(digest);
    const failure = this.#failures.get(key);
    if (failure) throw failure;
    const kept = this.#kept.get(key);
    if (kept) return kept.slice();
    try {
      const sealed = await this.#reader.get(digest, { signal });
      if (!sealed) throw new VaultError('lost', `no holder has chunk ${cidText(digest)} any more`);
      this.#remember(key, sealed);
      return sealed;
    } catch (error) {
      if (isVaultError(error) && !signal.aborted) this.#fail(key, error);
      throw error;
    }
  }

  #remember(key: string, sealed: Uint8Array): void {
    if (sealed.length <= SMALL_BYTES || this.#seen.has(key)) this.#keep(key, sealed.slice());
    else {
      this.#seen.add(key);
      dropOldest(this.#seen, MAX_REMEMBERED);
    }
  }

  #keep(key: string, sealed: Uint8Array): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, sealed);
    this.#keptBytes += sealed.length;
    for (const [oldest, bytes] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
  }

  #fail(key: string, error: VaultError): void {
    this.#failures.set(key, error);
    dropOldest(this.#failures, MAX_REMEMBERED);
  }
}

function dropOldest(from: Set<string> | Map<string, unknown>, most: number): void {
  for (const oldest of from.keys()) {
    if (from.size <= most) return;
    from.delete(oldest);
  }
}
