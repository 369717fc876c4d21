/** Notices that nothing moves: the timeouts of streams count from the last byte, never from the start of a transfer (T1). */
import type { Clock } from '../runtime/clock.ts';

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly idleMs: number;
  /** Called once per stretch of `idleMs` without `moved()`, while watching. */
  readonly onStall: () => void;
}

/** Watches only between `watch(true)` and `watch(false)`, with one timer that is not touched per byte. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #cancel: (() => void) | undefined;
  #movedAtMs = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  moved(): void {
    this.#movedAtMs = this.#options.clock.monotonicMs();
  }

  watch(on: boolean): void {
    if (on === (this.#cancel !== undefined)) return;
    if (!on) {
      this.#cancel?.();
      this.#cancel = undefined;
      return;
    }
    this.moved();
    this.#arm(this.#options.idleMs);
  }

  #arm(delayMs: number): void {
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + delayMs;
    this.#cancel = clock.schedule(delayMs, () => void this.#look(dueMs));
  }

  async #look(dueMs: number): Promise<void> {
    const { clock, idleMs, onStall } = this.#options;
    // Called much too late: this process itself slept, so what the peer sent meanwhile is still unread.
    if (clock.monotonicMs() - dueMs > idleMs / 2) this.moved();
    let off = false;
    this.#cancel = () => {
      off = true;
    };
    await clock.yield(); // timers come before sockets: bytes may be waiting there
    if (off) return;
    this.#cancel = undefined;
    const leftMs = this.#movedAtMs + idleMs - clock.monotonicMs();
    if (leftMs <= 0) onStall();
    else this.#arm(leftMs);
  }
}
