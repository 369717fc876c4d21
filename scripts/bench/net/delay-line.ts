/** Bytes that come out of the other end a fixed time after they went in, in order, and never more than a bounded number on the way. */
import type { Clock } from '../../../src/runtime/clock.ts';

export interface DelayLineOptions {
  readonly clock: Clock;
  readonly delayMs: number;
  /** Room for what is on the way: at least the rate of the link times the delay, or the line becomes the bottleneck. */
  readonly maxBytes: number;
  /** Takes what comes out; false asks to wait for `drained`. */
  readonly deliver: (data: Uint8Array) => boolean;
  /** Everything that went in before `end` has come out. */
  readonly onEnd: () => void;
  /** There is room again after `push` said that there is none. */
  readonly onRoom: () => void;
}

interface Piece {
  readonly dueMs: number;
  readonly data: Uint8Array;
}

export class DelayLine {
  readonly #options: DelayLineOptions;
  readonly #queue: Piece[] = [];
  #bytes = 0;
  #waiting = false;
  #blocked = false;
  #full = false;
  #ended = false;
  #endMs: number | undefined;

  constructor(options: DelayLineOptions) {
    this.#options = options;
  }

  /** False when the sender shall wait for `onRoom`; what was given is taken nevertheless. */
  push(data: Uint8Array): boolean {
    const { clock, delayMs, maxBytes } = this.#options;
    this.#queue.push({ dueMs: clock.monotonicMs() + delayMs, data });
    this.#bytes += data.length;
    this.#full = this.#bytes >= maxBytes;
    this.#arm();
    return !this.#full;
  }

  /** Nothing more goes in. Calling it twice is harmless. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { clock, delayMs } = this.#options;
    this.#endMs = clock.monotonicMs() + delayMs;
    this.#arm();
  }

  /** The receiver takes more. */
  drained(): void {
    this.#blocked = false;
    this.#arm();
  }

  #arm(): void {
    if (this.#waiting || this.#blocked) return;
    const dueMs = this.#queue[0]?.dueMs ?? this.#endMs;
    if (dueMs === undefined) return;
    this.#waiting = true;
    this.#options.clock.schedule(Math.max(0, dueMs - this.#options.clock.monotonicMs()), () => {
      this.#waiting = false;
      this.#flow();
    });
  }

  /** Delivers what is due. */
  #flow(): void {
    const { clock, deliver, onEnd } = this.#options;
    const nowMs = clock.monotonicMs();
    for (let next = this.#queue[0]; next && next.dueMs <= nowMs && !this.#blocked; next = this.#queue[0]) {
      this.#queue.shift();
      this.#bytes -= next.data.length;
      this.#blocked = !deliver(next.data);
    }
    this.#tellRoom();
    const isOver = this.#endMs !== undefined && this.#endMs <= nowMs && this.#queue.length === 0;
    if (!isOver) {
      this.#arm();
      return;
    }
    this.#endMs = undefined;
    onEnd();
  }

  #tellRoom(): void {
    if (!this.#full || this.#bytes > this.#options.maxBytes / 2) return;
    this.#full = false;
    this.#options.onRoom();
  }
}
