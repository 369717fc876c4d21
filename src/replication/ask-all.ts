/** One question to many holders at once: waits for those that use to answer, and not long for those that do not. */
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';

export interface Asked<T> {
  readonly answers: readonly { readonly peer: PeerName; readonly value: T }[];
  readonly failures: readonly { readonly peer: PeerName; readonly error: Error }[];
}

export interface AskOptions {
  /** At most, from the start; then holders that have not answered are given up, provided that one has. */
  readonly patienceMs: number;
  /** Every answer counts: half of the holders having answered is no reason to hurry. */
  readonly everyone?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A holder that was given up is not waited for, but for a moment, until this has passed. */
const SLOW_MS = 30_000;
const GRACE_MS = 300;
/** The moment given where every answer counts to holders that are connected: far ones may be slow and yet be worth a copy. */
const LONG_GRACE_MS = 3_000;
/** When half of the holders have answered, the others may take this many times as long, or this long at least. */
const LAG_FACTOR = 3;
const LAG_MS = 2_000;

/** What others know of a holder. Default: it is connected and well. */
export interface Outlook {
  readonly isConnected?: (peer: PeerName) => boolean;
  /** Whoever moves chunks gave it up for a while. */
  readonly isResting?: (peer: PeerName) => boolean;
}

/** Remembers who kept it waiting, so that a stopped holder costs one wait and not one for each question. */
export class Assembly {
  readonly #clock: Clock;
  readonly #outlook: Outlook;
  readonly #slowUntilMs = new Map<PeerName, number>();

  constructor(clock: Clock, outlook: Outlook = {}) {
    this.#clock = clock;
    this.#outlook = outlook;
  }

  /** No sign that it is gone: one that is merely slow deserves more time where every answer counts. */
  mayAnswer(peer: PeerName): boolean {
    const { isConnected, isResting } = this.#outlook;
    return isConnected?.(peer) !== false && isResting?.(peer) !== true;
  }

  isSlow(peer: PeerName): boolean {
    if (this.#outlook.isResting?.(peer)) return true;
    return (this.#slowUntilMs.get(peer) ?? 0) > this.#clock.monotonicMs();
  }

  noteSlow(peer: PeerName): void {
    this.#slowUntilMs.set(peer, this.#clock.monotonicMs() + SLOW_MS);
  }

  /** Settles when every holder has answered, failed or been given up. Rejects with the signal's reason only. */
  ask<H extends { readonly peer: PeerName }, T>(
    holders: readonly H[],
    question: (holder: H, signal: AbortSignal) => Promise<T>,
    options: AskOptions,
  ): Promise<Asked<T>> {
    return new Round(this.#clock, this, holders, question, options).run();
  }

  noteQuick(peer: PeerName): void {
    this.#slowUntilMs.delete(peer);
  }
}

class Round<H extends { readonly peer: PeerName }, T> {
  readonly #clock: Clock;
  readonly #assembly: Assembly;
  readonly #holders: readonly H[];
  readonly #question: (holder: H, signal: AbortSignal) => Promise<T>;
  readonly #options: AskOptions;
  readonly #answers: { peer: PeerName; value: T }[] = [];
  readonly #failures: { peer: PeerName; error: Error }[] = [];
  readonly #open: Set<PeerName>;
  readonly #expected: Set<PeerName>;
  readonly #controller = new AbortController();
  readonly #cancels: (() => void)[] = [];
  readonly #startedMs: number;
  #impatient = false;
  #lagging = false;
  #finish: () => void = () => undefined;

  constructor(
    clock: Clock,
    assembly: Assembly,
    holders: readonly H[],
    question: (holder: H, signal: AbortSignal) => Promise<T>,
    options: AskOptions,
  ) {
    this.#clock = clock;
    this.#assembly = assembly;
    this.#holders = holders;
    this.#question = question;
    this.#options = options;
    this.#open = new Set(holders.map((holder) => holder.peer));
    this.#expected = new Set([...this.#open].filter((peer) => !assembly.isSlow(peer)));
    this.#startedMs = clock.monotonicMs();
  }

  async run(): Promise<Asked<T>> {
    const { signal, patienceMs } = this.#options;
    signal?.throwIfAborted();
    if (this.#holders.length === 0) return { answers: [], failures: [] };
    const onAbort = (): void => this.#finish();
    signal?.addEventListener('abort', onAbort, { once: true });
    const over = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.#after(patienceMs, () => {
      this.#impatient = true;
    });
    for (const holder of this.#holders) void this.#put(holder);
    await over;
    signal?.removeEventListener('abort', onAbort);
    for (const cancel of this.#cancels) cancel();
    this.#giveUp(signal?.reason);
    signal?.throwIfAborted();
    return { answers: this.#answers, failures: this.#failures };
  }

  /** Never rejects: an error is an outcome. */
  async #put(holder: H): Promise<void> {
    const { peer } = holder;
    try {
      const value = await this.#question(holder, this.#controller.signal);
      if (!this.#open.delete(peer)) return;
      this.#answers.push({ peer, value });
      this.#assembly.noteQuick(peer);
    } catch (cause) {
      if (!this.#open.delete(peer)) return;
      const error = cause instanceof Error ? cause : new VaultError('unavailable', String(cause));
      this.#failures.push({ peer, error });
    }
    this.#expected.delete(peer);
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#open.size === 0) this.#finish();
    else if (this.#answers.length === 0) return;
    else if (this.#impatient) this.#finish();
    else if (this.#expected.size === 0) this.#after(this.#graceMs(), () => this.#finish());
    else if (!this.#options.everyone && this.#answers.length * 2 >= this.#holders.length) this.#hurry();
  }

  #graceMs(): number {
    const mayAnswer = [...this.#open].some((peer) => this.#assembly.mayAnswer(peer));
    return this.#options.everyone && mayAnswer ? LONG_GRACE_MS : GRACE_MS;
  }

  #hurry(): void {
    if (this.#lagging) return;
    this.#lagging = true;
    const elapsedMs = this.#clock.monotonicMs() - this.#startedMs;
    this.#after(Math.max(LAG_MS, LAG_FACTOR * elapsedMs), () => {
      this.#impatient = true;
    });
  }

  #after(ms: number, run: () => void): void {
    this.#cancels.push(
      this.#clock.schedule(ms, () => {
        run();
        this.#checkOver();
      }),
    );
  }

  #giveUp(reason: unknown): void {
    const silent = [...this.#open];
    this.#open.clear();
    for (const peer of silent) {
      const error = new VaultError('timeout', `peer ${peer} did not answer while the others did`, {
        data: { peer },
      });
      this.#failures.push({ peer, error });
      if (!this.#options.signal?.aborted) this.#assembly.noteSlow(peer);
    }
    this.#controller.abort(reason ?? new VaultError('timeout', 'the other holders were faster'));
  }
}
