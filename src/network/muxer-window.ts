/** How much one side of a stream may send unasked: a window that grows where the way is long and fast, and shrinks again (T4). */
import { KiB, MiB } from '../model/units.ts';

/** What every stream begins with; yamux says so. */
export const FIRST_WINDOW_BYTES: number = 256 * KiB;
/** 100 ms at 1 Gbit/s, and a little more. */
const MAX_WINDOW_BYTES = 16 * MiB;
/** Beyond their first windows all streams of a node together. */
const GROWTH_BYTES = 64 * MiB;
/** Half a window used up in less than this many round trips: it holds the sender back. */
const FAST_ROUND_TRIPS = 2;
/** Not in this many: more was granted than is needed. */
const SLOW_ROUND_TRIPS = 16;
/** A shorter way is taken for this long: below it the machines count, not the way. */
const SHORTEST_ROUND_TRIP_MS = 5;
/** Room is granted at least so often while bytes come in, so that the sender of a slow link sees that they do. */
const SIGN_OF_LIFE_MS = 5_000;

/** What the windows of one node have grown by. */
export class WindowGrowth {
  #leftBytes: number;

  constructor(bytes: number = GROWTH_BYTES) {
    this.#leftBytes = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#leftBytes += bytes;
  }
}

/** The receiving side of one stream. Time is an input, in monotonic milliseconds. */
export class ReceiveWindow {
  readonly #growth: WindowGrowth;
  #bytes = FIRST_WINDOW_BYTES;
  /** What the other side may still send. */
  #roomBytes = FIRST_WINDOW_BYTES;
  #grantedMs: number;

  constructor(growth: WindowGrowth, nowMs: number) {
    this.#growth = growth;
    this.#grantedMs = nowMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes arrived. False when the other side was not allowed to send them. */
  arrived(bytes: number): boolean {
    if (bytes > this.#roomBytes) return false;
    this.#roomBytes -= bytes;
    return true;
  }

  /** All that arrived was taken: how many bytes more the other side may send now. 0: not worth a message yet. */
  grant(nowMs: number, roundTripMs: number | undefined): number {
    const sinceMs = nowMs - this.#grantedMs;
    const usedBytes = this.#bytes - this.#roomBytes;
    if (usedBytes <= 0 || (usedBytes < this.#bytes / 2 && sinceMs < SIGN_OF_LIFE_MS)) return 0;
    if (roundTripMs !== undefined) this.#adapt(sinceMs, Math.max(SHORTEST_ROUND_TRIP_MS, roundTripMs));
    const more = Math.max(0, this.#bytes - this.#roomBytes);
    this.#roomBytes += more;
    this.#grantedMs = nowMs;
    return more;
  }

  /** The stream is gone. */
  end(): void {
    this.#growth.giveBack(this.#bytes - FIRST_WINDOW_BYTES);
    this.#bytes = FIRST_WINDOW_BYTES;
  }

  #adapt(sinceMs: number, roundTripMs: number): void {
    const twice = Math.min(MAX_WINDOW_BYTES, this.#bytes * 2);
    const half = Math.max(FIRST_WINDOW_BYTES, this.#bytes / 2);
    if (sinceMs < FAST_ROUND_TRIPS * roundTripMs) {
      if (twice > this.#bytes && this.#growth.take(twice - this.#bytes)) this.#bytes = twice;
    } else if (sinceMs > SLOW_ROUND_TRIPS * roundTripMs && half < this.#bytes) {
      this.#growth.giveBack(this.#bytes - half);
      this.#bytes = half;
    }
  }
}
