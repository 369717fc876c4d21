/** Time as one simulated process sees it: its machine's wall clock may be wrong, and with the process all its timers die. */
import type { Clock } from '../runtime/clock.ts';

/** What a machine believes about the wall clock; shared by all processes that run on it, one after the other. */
export interface WallClock {
  /** Added to the true time. */
  offsetMs: number;
}

/** Never settles: how an await of a dead process ends. */
const NEVER: Promise<never> = new Promise<never>(() => undefined);

export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #wall: WallClock;
  readonly #timers = new Set<() => void>();
  #dead = false;

  constructor(world: Clock, wall: WallClock) {
    this.#world = world;
    this.#wall = wall;
  }

  get dead(): boolean {
    return this.#dead;
  }

  now(): number {
    return this.#world.now() + this.#wall.offsetMs;
  }

  monotonicMs(): number {
    return this.#world.monotonicMs();
  }

  schedule(ms: number, run: () => void): () => void {
    if (this.#dead) return () => undefined;
    const cancel = this.#world.schedule(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
    return () => {
      if (this.#timers.delete(cancel)) cancel();
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#dead) return NEVER;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        cancel();
        if (!this.#dead) reject(signal?.reason);
      };
      const cancel = this.schedule(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  yield(): Promise<void> {
    return this.#dead ? NEVER : this.#world.yield();
  }

  /** What `work` brings, unless the process dies before: then nobody ever hears of it. */
  async unlessDead<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      return this.#dead ? await NEVER : result;
    } catch (error) {
      if (this.#dead) return NEVER;
      throw error;
    }
  }

  /** The process is gone: no timer of it fires, nothing it waits for comes. */
  kill(): void {
    this.#dead = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
