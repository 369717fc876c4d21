/** Keeps synchronous work in short slices: after each the event loop serves sockets and timers. */
import type { Clock } from '../runtime/clock.ts';

export class Pacer {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  #since: number;

  constructor(clock: Clock, sliceMs = 12) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#since = clock.monotonicMs();
  }

  /** Call between small steps: `if (pacer.due()) await pacer.rest()`. */
  due(): boolean {
    return this.#clock.monotonicMs() - this.#since >= this.#sliceMs;
  }

  async rest(): Promise<void> {
    await this.#clock.yield();
    this.#since = this.#clock.monotonicMs();
  }
}
