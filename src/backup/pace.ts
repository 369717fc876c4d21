/** Keeps long runs of synchronous work from starving sockets and timers: after each slice of time the event loop gets a turn. */
import type { Clock } from '../runtime/clock.ts';

export class Pace {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  #since: number;
  #resting: Promise<void> | undefined;

  constructor(clock: Clock, sliceMs = 10) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#since = clock.monotonicMs();
  }

  /** The slice is used up: call `rest`. */
  due(): boolean {
    return this.#resting !== undefined || this.#clock.monotonicMs() - this.#since >= this.#sliceMs;
  }

  /** One turn of the event loop, shared by all who rest now. */
  rest(): Promise<void> {
    this.#resting ??= this.#clock.yield().then(() => {
      this.#since = this.#clock.monotonicMs();
      this.#resting = undefined;
    });
    return this.#resting;
  }
}
