/** Promises to keep a group for a while, and the groups being trimmed: never both at once, so two peers cannot trim counting each other (R3). */
import { keyOf, type VaultId } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';

export class Leases {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #startedMs: number;
  /** Until when each group is promised; what ran out is removed with the next promise. */
  readonly #untilMs = new Map<string, number>();
  readonly #trimming = new Set<string>();

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#startedMs = clock.monotonicMs();
  }

  /** Promises the group from now on for one lease; false while it is being trimmed. */
  pledge(vault: VaultId, group: number): boolean {
    const key = `${keyOf(vault)} ${group}`;
    if (this.#trimming.has(key)) return false;
    const nowMs = this.#clock.monotonicMs();
    for (const [old, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(old);
    this.#untilMs.set(key, nowMs + this.#leaseMs);
    return true;
  }

  /** Promises of an earlier run are not known: for one lease after the start nothing may be trimmed. */
  get settled(): boolean {
    return this.#clock.monotonicMs() - this.#startedMs >= this.#leaseMs;
  }

  /** From now on the group is not promised; `undefined` when it may not be trimmed. The returned function ends that. */
  beginTrim(vault: VaultId, group: number): (() => void) | undefined {
    const key = `${keyOf(vault)} ${group}`;
    if (!this.settled || this.#trimming.has(key)) return undefined;
    if ((this.#untilMs.get(key) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonicMs()) return undefined;
    this.#trimming.add(key);
    return () => this.#trimming.delete(key);
  }
}
