/** Virtual time (S2): nothing waits for real, and timers fire in one order, by due time and then by birth. */
import { VaultError } from '../model/errors.ts';
import type { Clock } from './clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly born: number;
  readonly run: () => void;
}

/** Lets every promise that can go on without a timer go on: a macrotask starts only when no microtask is left. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const byDue = (a: Timer, b: Timer): number => a.dueMs - b.dueMs || a.born - b.born;

/** Code that runs on it must await nothing but promises, this clock, and what is built on them. */
export class SimulatedClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #born = 0;
  /** A binary heap by `byDue`. */
  readonly #heap: Timer[] = [];
  readonly #cancelled = new Set<Timer>();

  constructor(startMs = 1_800_000_000_000) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + Math.floor(this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  schedule(ms: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.#elapsedMs + Math.max(0, ms), born: this.#born++, run };
    this.#push(timer);
    return () => this.#cancelled.add(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.schedule(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  /** Moves time on by `ms`, firing what falls due and letting its consequences run before the next timer. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#peek(); next && next.dueMs <= target; next = this.#peek()) await this.#fire(next);
    this.#elapsedMs = target;
  }

  /** Moves time on until `outcome` settles, and returns it. Throws 'internal' when no timer is left that could settle it. */
  async until<T>(outcome: Promise<T>): Promise<T> {
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    outcome.then(note, note);
    await settle();
    while (!settled) {
      const next = this.#peek();
      if (!next) throw new VaultError('internal', 'the simulation stands still: nothing is left to wait for');
      await this.#fire(next);
    }
    return outcome;
  }

  async #fire(timer: Timer): Promise<void> {
    this.#pop();
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
    timer.run();
    await settle();
  }

  /** The next timer that was not cancelled. */
  #peek(): Timer | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      if (!this.#cancelled.delete(top)) return top;
      this.#pop();
    }
    this.#cancelled.clear();
    return undefined;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (!parent || byDue(parent, timer) <= 0) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      let child = heap[down];
      const right = heap[down + 1];
      if (child && right && byDue(right, child) < 0) {
        child = right;
        down++;
      }
      if (!child || byDue(last, child) <= 0) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}
