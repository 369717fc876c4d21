/** When to try again what led to nothing: later each time, at once when something has changed. */
import type { Clock } from '../runtime/clock.ts';

interface Rest {
  readonly key: string;
  readonly fruitless: number;
  readonly untilMs: number;
}

const LONGEST_MS = 3_600_000;

export class Patience<Subject> {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #rests = new Map<Subject, Rest>();

  constructor(clock: Clock, firstMs: number) {
    this.#clock = clock;
    this.#firstMs = firstMs;
  }

  /** `key` says what the outcome depends on: with another one there is reason to try again. */
  mayTry(subject: Subject, key: string): boolean {
    const rest = this.#rests.get(subject);
    return !rest || rest.key !== key || rest.untilMs <= this.#clock.monotonicMs();
  }

  tried(subject: Subject, key: string, fruitful: boolean): void {
    if (fruitful) {
      this.#rests.delete(subject);
      return;
    }
    const before = this.#rests.get(subject);
    const fruitless = before?.key === key ? before.fruitless + 1 : 1;
    const restMs = Math.min(LONGEST_MS, this.#firstMs * 2 ** Math.min(fruitless, 20));
    this.#rests.set(subject, { key, fruitless, untilMs: this.#clock.monotonicMs() + restMs });
  }

  /** Forgets subjects that are no more. */
  keep(isThere: (subject: Subject) => boolean): void {
    for (const subject of this.#rests.keys()) if (!isThere(subject)) this.#rests.delete(subject);
  }
}
