/** A rate that follows a plan by the time of day (T4): looked up when somebody asks, so that nothing ticks while nothing moves. */
import type { Calendar } from '../policy/calendar-span.ts';
import { type RatePlan, rateAt } from '../policy/rate-plan.ts';
import type { Clock } from '../runtime/clock.ts';
import { AdjustableRate, type RateLimit } from '../runtime/rate-limit.ts';

/** How far a change of the rate may lag behind the clock. */
const LOOK_MS = 5000;

export class PlannedRate implements RateLimit {
  readonly #clock: Clock;
  readonly #calendar: Calendar;
  readonly #rate: AdjustableRate;
  #plan: RatePlan | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** Without a plan there is no limit. */
  constructor(clock: Clock, calendar: Calendar, plan?: RatePlan) {
    this.#clock = clock;
    this.#calendar = calendar;
    this.#rate = new AdjustableRate(clock);
    this.change(plan);
  }

  get bytesPerSecond(): number {
    this.#look();
    return this.#rate.bytesPerSecond;
  }

  change(plan: RatePlan | undefined): void {
    this.#plan = plan;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    this.#look();
  }

  take(bytes: number, signal?: AbortSignal): Promise<void> {
    this.#look();
    return this.#rate.take(bytes, signal);
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    const rate = this.#plan
      ? rateAt(this.#plan, this.#clock.now(), this.#calendar)
      : Number.POSITIVE_INFINITY;
    if (rate !== this.#rate.bytesPerSecond) this.#rate.change(rate);
  }
}
