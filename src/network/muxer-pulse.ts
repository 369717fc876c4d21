/** Feels the pulse of a connection: how long the way is, and whether the other side is still there (M2). */
import type { Clock } from '../runtime/clock.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly ping: (number: number) => void;
  /** The connection is dead: called once, and nothing afterwards. */
  readonly onDead: (silentMs: number) => void;
}

const TICK_MS = 5_000;
const PING_MS = 15_000;
/** A ping without answer, and not one byte of anything in this time. Whatever moves at all is alive, however slow. */
const DEAD_MS = 30_000;
/** The shortest of so many counts: a ping that queued behind chunks says nothing about the way. */
const SAMPLES = 8;

export class Pulse {
  readonly #options: PulseOptions;
  readonly #roundTripsMs: number[] = [];
  #cancel: () => void;
  #heardMs: number;
  #tickedMs: number;
  #pingedMs = Number.NEGATIVE_INFINITY;
  /** Number of the ping that has no answer yet. */
  #open: number | undefined;
  #lastNumber = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#heardMs = this.#tickedMs = options.clock.monotonicMs();
    // Not at once: the connection is just being put together.
    this.#cancel = options.clock.schedule(0, () => this.#tick());
  }

  /** Shortest of the last round trips; `undefined` before the first. */
  get roundTripMs(): number | undefined {
    return this.#roundTripsMs.length === 0 ? undefined : Math.min(...this.#roundTripsMs);
  }

  heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  /** An answer to a ping that is not open is nothing. */
  answered(number: number): void {
    if (number !== this.#open) return;
    this.#open = undefined;
    this.#roundTripsMs.push(this.#options.clock.monotonicMs() - this.#pingedMs);
    if (this.#roundTripsMs.length > SAMPLES) this.#roundTripsMs.shift();
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    // We ourselves were stopped or busy: what came meanwhile has not been read yet.
    if (nowMs - this.#tickedMs > 2 * TICK_MS) this.#heardMs = nowMs;
    this.#tickedMs = nowMs;
    const silentMs = nowMs - this.#heardMs;
    if (this.#open !== undefined && silentMs >= DEAD_MS) {
      this.#options.onDead(silentMs);
      return;
    }
    this.#cancel = this.#options.clock.schedule(TICK_MS, () => this.#tick());
    if (this.#open !== undefined || nowMs - this.#pingedMs < PING_MS) return;
    this.#lastNumber = (this.#lastNumber + 1) % 0x1_0000_0000;
    this.#open = this.#lastNumber;
    this.#pingedMs = nowMs;
    this.#options.ping(this.#lastNumber);
  }
}
