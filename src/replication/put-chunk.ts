/** One chunk onto `copies` holders: in placement order, each that fails replaced at once by the next (P2, P3, L5). */
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PutResult, SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import { chooseWriters } from './choose-writers.ts';
import type { Holder } from './holder.ts';

export interface PutJob {
  readonly chunk: SealedChunk;
  readonly copies: number;
  /** Members that may be written to. */
  readonly holders: ReadonlyMap<PeerName, Holder>;
  /** Holder order of the chunk's group as if `without` were not in the table. */
  readonly orderWithout: (without: ReadonlySet<PeerName>) => readonly PeerName[];
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

interface Attempt {
  readonly peer: PeerName;
  /** Absent when the holder has acknowledged. */
  readonly error?: unknown;
}

/** A second try on the same holder, when its connection broke: the placement stays what readers expect. */
const TRIES = 2;

class PutRun {
  readonly #job: PutJob;
  readonly #stored = new Set<PeerName>();
  readonly #running = new Map<PeerName, Promise<Attempt>>();
  readonly #failed = new Map<PeerName, unknown>();
  readonly #tries = new Map<PeerName, number>();

  constructor(job: PutJob) {
    this.#job = job;
  }

  async run(): Promise<PutResult> {
    for (;;) {
      for (const peer of this.#next()) this.#running.set(peer, this.#send(peer));
      if (this.#running.size === 0) break;
      const { peer, error } = await Promise.race(this.#running.values());
      this.#job.signal?.throwIfAborted();
      this.#running.delete(peer);
      if (error === undefined) this.#stored.add(peer);
      else if (!this.#mayRetry(peer, error)) this.#failed.set(peer, error);
    }
    if (this.#stored.size === 0) throw this.#nobody();
    return { holders: [...this.#stored] };
  }

  #next(): readonly PeerName[] {
    const awake = this.#choose(false);
    if (awake.length > 0 || this.#stored.size + this.#running.size > 0) return awake;
    return this.#choose(true);
  }

  /** `lastResort`: nobody has the chunk, so resting holders are worth their timeout. */
  #choose(lastResort: boolean): readonly PeerName[] {
    const nowMs = this.#job.clock.monotonicMs();
    const without = new Set<PeerName>(this.#failed.keys());
    for (const [peer, holder] of this.#job.holders) {
      if (holder.refusal(nowMs) !== undefined) without.add(peer);
      else if (lastResort ? holder.hopeless(nowMs) : holder.resting(nowMs)) without.add(peer);
    }
    for (const peer of this.#stored) without.delete(peer);
    for (const peer of this.#running.keys()) without.delete(peer);
    return chooseWriters({
      order: this.#job.orderWithout(without).filter((peer) => this.#job.holders.has(peer)),
      copies: this.#job.copies,
      stored: this.#stored,
      running: new Set(this.#running.keys()),
    });
  }

  async #send(peer: PeerName): Promise<Attempt> {
    const { chunk, clock, signal, holders } = this.#job;
    const holder = holders.get(peer);
    if (!holder) return { peer, error: new VaultError('internal', `bug: ${peer} is no holder`) };
    const startedMs = clock.monotonicMs();
    this.#tries.set(peer, (this.#tries.get(peer) ?? 0) + 1);
    const options: WaitOptions = signal ? { signal } : {};
    try {
      const { holders: receipts } = await holder.store.put(chunk, options);
      if (!receipts.includes(peer)) throw new VaultError('denied', `peer ${peer} gave no receipt`);
      holder.stored(chunk.bytes.length);
      return { peer };
    } catch (error) {
      if (!signal?.aborted) holder.failed(clock.monotonicMs(), startedMs, error);
      return { peer, error };
    }
  }

  #mayRetry(peer: PeerName, error: unknown): boolean {
    if (!isVaultError(error, 'unavailable', 'closed') || (this.#tries.get(peer) ?? 0) >= TRIES) return false;
    return this.#job.holders.get(peer)?.resting(this.#job.clock.monotonicMs()) === false;
  }

  #nobody(): VaultError {
    const nowMs = this.#job.clock.monotonicMs();
    const name = cidText(this.#job.chunk.digest);
    const reasons = [...this.#job.holders].map(([peer, holder]) => {
      const error = this.#failed.get(peer);
      return isVaultError(error) ? error.code : (holder.refusal(nowMs) ?? 'unavailable');
    });
    const cause = [...this.#failed.values()][0];
    const data = { holders: [...this.#job.holders.keys()] };
    if (reasons.length > 0 && reasons.every((reason) => reason === 'no-space')) {
      return new VaultError(
        'no-space',
        `all ${reasons.length} holders are full, so this backup was not made; earlier ones are as they were (chunk ${name})`,
        {
          cause,
          data,
          hint: 'Raise the capacity of a peer, or let another peer join the mesh.',
        },
      );
    }
    return new VaultError(
      'too-few-peers',
      `none of ${reasons.length} holders took chunk ${name}, so it is not backed up (${[...new Set(reasons)].join(', ')})`,
      { cause, data, hint: 'Run "vault peers" to see who can be reached.' },
    );
  }
}

/**
 * Resolves with exactly the holders whose receipt was verified, at most `copies`, fewer when no others can be used.
 * Throws 'no-space' (all are full), 'too-few-peers' (nobody has it), or the signal's reason.
 */
export function putChunk(job: PutJob): Promise<PutResult> {
  return new PutRun(job).run();
}
