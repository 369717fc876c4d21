/** One chunk onto `copies` holders: in placement order, each that fails or stalls replaced at once by the next (P2, P3, T2, L5). */
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PutResult, SealedChunk } from '../store/chunk-store.ts';
import { chooseWriters } from './choose-writers.ts';
import type { HedgeBudget } from './hedge-budget.ts';
import type { Holder } from './holder.ts';
import { type Attempt, beginPut, beginSpread } from './put-attempt.ts';
import type { Relays, Way } from './relays.ts';

export interface PutJob {
  readonly chunk: SealedChunk;
  readonly copies: number;
  /** Members that may be written to. */
  readonly holders: ReadonlyMap<PeerName, Holder>;
  /** Holder order of the chunk's group as if `without` were not in the table. */
  readonly orderWithout: (without: ReadonlySet<PeerName>) => readonly PeerName[];
  readonly relays: Relays;
  /** Shared by all puts. */
  readonly hedges: HedgeBudget;
  /** More chunks are waiting for room to be sent. */
  readonly busy: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** A second try on the same holder, when its connection broke: the placement stays what readers expect. */
const TRIES = 2;
/** A holder from which nothing came for so long, not even the sign of life it owes (wire.md 5), is not waited for any more. */
const PATIENCE_MS = 4_000;
/** Nor is one chunk that takes so many times as long as others did there, and longer than a relay needs to see who hangs behind it. */
const OVERDUE_FACTOR = 4;
const SHORTEST_OVERDUE_MS = 5_000;
/** One that lives but moves nothing may be waiting for another, or for its disk, but not for ever. */
const LONGEST_PATIENCE_MS = 10_000;
/** How soon to look again when they were not, or something has moved meanwhile. */
const BUDGET_WAIT_MS = 250;
const LOOK_AGAIN_MS = 20;

class PutRun {
  readonly #job: PutJob;
  readonly #stored = new Set<PeerName>();
  readonly #attempts = new Set<Attempt>();
  readonly #failed = new Map<PeerName, unknown>();
  readonly #tries = new Map<PeerName, number>();
  #way: Way | undefined;
  /** Some sending was given up, or ended in a way that does not tell whether it still looks at the bytes. */
  #inDoubt = false;
  /** Second copies that were sent because somebody stalled. */
  #bought = 0;

  constructor(job: PutJob) {
    this.#job = job;
  }

  async run(): Promise<PutResult> {
    try {
      while (this.#stored.size < this.#job.copies) {
        this.#begin();
        if (this.#attempts.size === 0) break;
        const ended = await this.#nextEnd();
        this.#job.signal?.throwIfAborted();
        if (ended) this.#take(ended);
        else this.#lookForLate();
      }
    } finally {
      this.#leaveOthers();
    }
    if (this.#stored.size === 0) throw this.#nobody();
    if (this.#stored.size >= this.#job.copies) this.#way?.done(this.#job.busy());
    return { holders: [...this.#stored], unused: !this.#inDoubt };
  }

  /** Starts what is missing. The first time, one of the holders may be asked to pass the chunk on to the others. */
  #begin(): void {
    const { chunk, holders, relays } = this.#job;
    const next = this.#next().flatMap((peer) => holders.get(peer) ?? []);
    if (!this.#way) {
      this.#way = relays.way(next, chunk.bytes.length);
      const [lead, ...others] = this.#way.route ?? [];
      if (lead) {
        this.#tries.set(lead.peer, 1);
        this.#attempts.add(beginSpread(this.#job, lead, others));
        return;
      }
    }
    for (const holder of next) {
      this.#tries.set(holder.peer, (this.#tries.get(holder.peer) ?? 0) + 1);
      this.#attempts.add(beginPut(this.#job, holder));
    }
  }

  #next(): readonly PeerName[] {
    const awake = this.#choose(false);
    if (awake.length > 0 || this.#stored.size + this.#attempts.size > 0) return awake;
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
    const running = new Set<PeerName>();
    for (const attempt of this.#attempts) {
      if (attempt.late === 'all') without.add(attempt.lead.peer);
      else if (attempt.late === 'behind') running.add(attempt.lead.peer);
      else for (const peer of attempt.peers) running.add(peer);
    }
    for (const peer of [...this.#stored, ...running]) without.delete(peer);
    return chooseWriters({
      order: this.#job.orderWithout(without).filter((peer) => this.#job.holders.has(peer)),
      copies: this.#job.copies,
      stored: this.#stored,
      running,
    });
  }

  #take(attempt: Attempt): void {
    this.#attempts.delete(attempt);
    const { outcome, lead } = attempt;
    if (!outcome?.unused) this.#inDoubt = true;
    if (!outcome) return;
    for (const peer of outcome.stored) this.#stored.add(peer);
    if (attempt.relayed) {
      // Who has no receipt is sent the chunk directly: what a relay says of others is not believed.
      const complete = attempt.peers.every((peer) => this.#stored.has(peer));
      this.#way?.relayed(complete, outcome.waitMs);
    }
    const { error } = outcome;
    if (error !== undefined && !this.#mayRetry(lead.peer, error)) this.#failed.set(lead.peer, error);
  }

  #mayRetry(peer: PeerName, error: unknown): boolean {
    if (!isVaultError(error, 'unavailable', 'closed') || (this.#tries.get(peer) ?? 0) >= TRIES) return false;
    return this.#job.holders.get(peer)?.resting(this.#job.clock.monotonicMs()) === false;
  }

  /** An attempt that ended, or `undefined` when it is time to see who stalls. */
  async #nextEnd(): Promise<Attempt | undefined> {
    const ends = [...this.#attempts].map(({ ended }) => ended);
    const waitMs = Math.min(...[...this.#attempts].map((attempt) => this.#patienceMs(attempt)));
    if (waitMs === Number.POSITIVE_INFINITY) return Promise.race(ends);
    let cancel = (): void => undefined;
    const due = new Promise<undefined>((resolve) => {
      cancel = this.#job.clock.schedule(Math.max(waitMs > 0 ? LOOK_AGAIN_MS : BUDGET_WAIT_MS, waitMs), () =>
        resolve(undefined),
      );
    });
    try {
      return await Promise.race([...ends, due]);
    } finally {
      cancel();
    }
  }

  /** How much longer to wait before others are sent the chunk as well. What we send says nothing: buffers take it for a dead peer, too. */
  #patienceMs({ late, startedMs, lead }: Attempt): number {
    if (late === 'all') return Number.POSITIVE_INFINITY;
    const ageMs = this.#job.clock.monotonicMs() - startedMs;
    const quietMs = lead.store.quietMs?.() ?? ageMs;
    const hangsMs = Math.min(PATIENCE_MS - silenceMs(lead, ageMs), LONGEST_PATIENCE_MS - quietMs);
    if (late === 'behind' || lead.putMs === undefined) return hangsMs;
    return Math.min(hangsMs, Math.max(SHORTEST_OVERDUE_MS, OVERDUE_FACTOR * lead.putMs) - ageMs);
  }

  /** A second copy elsewhere costs the line something, so only so many are bought. */
  #lookForLate(): void {
    for (const attempt of this.#attempts) {
      if (this.#patienceMs(attempt) > 0 || !this.#job.hedges.take()) continue;
      const { relayed, late, lead, startedMs } = attempt;
      const ageMs = this.#job.clock.monotonicMs() - startedMs;
      this.#bought += 1;
      // A relay that lives has the chunk; it is those behind it that are in doubt.
      const waits = relayed && late === 'nobody' && silenceMs(lead, ageMs) < PATIENCE_MS;
      attempt.late = waits ? 'behind' : 'all';
    }
  }

  /** All copies are there, or no more can be: who is still being sent to is let go, and what it did not do is remembered. */
  #leaveOthers(): void {
    const nowMs = this.#job.clock.monotonicMs();
    const done = this.#stored.size >= this.#job.copies;
    const outpaced = [...this.#attempts].filter(({ late }) => late !== 'nobody' && done);
    for (const { lead, startedMs } of outpaced) lead.outpaced(nowMs, startedMs);
    this.#job.hedges.ended(outpaced.length > 0 ? this.#bought : 0);
    for (const attempt of this.#attempts) {
      if (attempt.relayed) this.#way?.relayed(false, 0);
      attempt.leave();
      this.#inDoubt = true;
    }
    this.#attempts.clear();
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
        `all ${reasons.length} holders are full, so no snapshot was made; earlier ones are as they were (chunk ${name})`,
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

function silenceMs({ store }: Holder, ageMs: number): number {
  return store.silentMs?.() ?? ageMs;
}

/**
 * Resolves with exactly the holders whose receipt was verified, at most `copies`, fewer when no others can be used.
 * Throws 'no-space' (all are full), 'too-few-peers' (nobody has it), or the signal's reason.
 */
export function putChunk(job: PutJob): Promise<PutResult> {
  return new PutRun(job).run();
}
