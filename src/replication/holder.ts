/** One holder as a writer or reader knows it: its store, its health, its speed, and what it has done in this run. */

import type { ErrorCode } from '../model/errors.ts';
import { isVaultError } from '../model/errors.ts';
import type { Digest, PeerName } from '../model/ids.ts';
import { keyOf } from '../model/ids.ts';
import type { ChunkStore, PutResult, SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import { Breaker } from './breaker.ts';
import { Speed } from './speed.ts';

/** What a holder did so far, for progress lines and `vault status`. */
export interface HolderStats {
  readonly peer: PeerName;
  readonly putChunks: number;
  readonly putBytes: number;
  readonly getChunks: number;
  readonly getBytes: number;
  readonly failures: number;
  /** Chunks that it should have but delivered damaged. */
  readonly damaged: number;
  readonly state: 'ready' | 'resting' | 'full' | 'refusing' | 'distrusted';
}

/** A full or refusing holder is not offered chunks for this long; freeing space takes minutes, not milliseconds. */
export const REFUSED_MS = 60_000;
/** Overtaken this often without one answer in between: it stalls. */
const OVERTAKEN_LIMIT = 3;
/** A holder that delivered this many damaged chunks is asked for nothing any more in this run. */
export const DAMAGED_LIMIT = 1024;
/** Failed this often in a row: not even a last resort before its rest is over. */
const HOPELESS_FAILURES = 3;

/** What a writer can use of a holder's store besides what every store has. */
export interface HolderStore extends ChunkStore {
  /** How long it has taken and given nothing while something is outstanding; `undefined`: not known. */
  quietMs?(): number | undefined;
  /** How long nothing has come from it, not even a sign of life, while something is outstanding. */
  silentMs?(): number | undefined;
  /** Keeps the chunk and passes it on (T2); resolves with the holders whose own receipts were verified. */
  spread?(
    chunk: SealedChunk,
    others: readonly PeerName[],
    options?: WaitOptions,
  ): Promise<PutResult & { readonly waitMs: number }>;
}

export class Holder {
  readonly peer: PeerName;
  readonly store: HolderStore;
  readonly breaker: Breaker = new Breaker();
  readonly speed: Speed = new Speed();
  inFlight = 0;
  #putChunks = 0;
  #putBytes = 0;
  #putMs: number | undefined;
  #getChunks = 0;
  #getBytes = 0;
  #failures = 0;
  #overtaken = 0;
  readonly #damaged = new Set<string>();
  #refusal: ErrorCode | undefined;
  #refusedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(peer: PeerName, store: HolderStore) {
    this.peer = peer;
    this.store = store;
  }

  /** Why it is offered no chunk now; `undefined` when it takes chunks. */
  refusal(nowMs: number): ErrorCode | undefined {
    return nowMs < this.#refusedUntilMs ? this.#refusal : undefined;
  }

  resting(nowMs: number): boolean {
    return this.breaker.state(nowMs) !== 'ready';
  }

  /** Has failed so often in a row that nobody waits for it again before its rest is over. */
  hopeless(nowMs: number): boolean {
    return this.breaker.failures >= HOPELESS_FAILURES && this.breaker.state(nowMs) === 'resting';
  }

  /** Never ask it for this chunk (again): what it sent did not match (T3). */
  distrustedFor(digest: Digest): boolean {
    return this.#damaged.size >= DAMAGED_LIMIT || this.#damaged.has(keyOf(digest));
  }

  stored(bytes: number): void {
    this.#putChunks += 1;
    this.#putBytes += bytes;
    this.#alive();
  }

  /** How long it takes to acknowledge a chunk, lately; `undefined` before the first. */
  get putMs(): number | undefined {
    return this.#putMs;
  }

  /** It acknowledged one that it was sent at `startedMs`. */
  acknowledged(nowMs: number, startedMs: number): void {
    const tookMs = nowMs - startedMs;
    this.#putMs = this.#putMs === undefined ? tookMs : this.#putMs + 0.2 * (tookMs - this.#putMs);
  }

  /** `bytes` is absent when it answered that it has no such chunk. */
  delivered(nowMs: number, startedMs: number, bytes: number | undefined): void {
    if (bytes !== undefined) {
      this.#getChunks += 1;
      this.#getBytes += bytes;
      this.speed.answered(nowMs, startedMs);
    }
    this.#alive();
  }

  damaged(digest: Digest): void {
    if (this.#damaged.size < DAMAGED_LIMIT) this.#damaged.add(keyOf(digest));
    this.#alive();
  }

  overtaken(nowMs: number, startedMs: number): void {
    this.speed.overtaken(nowMs, startedMs);
    this.outpaced(nowMs, startedMs);
  }

  /** Another holder got a chunk that this one was sent first, and stalled on. */
  outpaced(nowMs: number, startedMs: number): void {
    this.#overtaken += 1;
    if (this.#overtaken >= OVERTAKEN_LIMIT) this.#fail(nowMs, startedMs, 'stall');
  }

  /** A request that began at `startedMs` failed; errors that say nothing about its health are told apart here. */
  failed(nowMs: number, startedMs: number, error: unknown): void {
    if (isVaultError(error, 'no-space', 'denied', 'corrupt', 'unsupported-version')) {
      this.#refusal = error.code;
      this.#refusedUntilMs = nowMs + REFUSED_MS;
      this.#failures += 1;
      return;
    }
    const blip = isVaultError(error, 'unavailable', 'closed', 'io', 'internal');
    this.#fail(nowMs, startedMs, blip ? 'blip' : 'stall');
  }

  stats(nowMs: number): HolderStats {
    return {
      peer: this.peer,
      putChunks: this.#putChunks,
      putBytes: this.#putBytes,
      getChunks: this.#getChunks,
      getBytes: this.#getBytes,
      failures: this.#failures,
      damaged: this.#damaged.size,
      state: this.#state(nowMs),
    };
  }

  #state(nowMs: number): HolderStats['state'] {
    if (this.#damaged.size >= DAMAGED_LIMIT) return 'distrusted';
    if (this.resting(nowMs)) return 'resting';
    const refusal = this.refusal(nowMs);
    if (refusal === undefined) return 'ready';
    return refusal === 'no-space' ? 'full' : 'refusing';
  }

  #alive(): void {
    this.#overtaken = 0;
    this.breaker.succeeded();
  }

  #fail(nowMs: number, startedMs: number, failure: 'blip' | 'stall'): void {
    this.#failures += 1;
    this.breaker.failed(nowMs, startedMs, failure);
  }
}
