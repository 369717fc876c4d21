/** Bounds how many second questions are asked, and second copies sent, in vain: on a slow line everything is late, and this makes it later (T3). */

const BURST = 8;
const PER_READ = 0.1;

/** A purse of tokens: a second question costs one, and gives it back when its answer came first; each read earns a little. */
export class HedgeBudget {
  readonly #burst: number;
  #tokens: number;

  constructor(burst: number = BURST) {
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** False when it has to wait. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** A read, or a put, ended; `won`: so many second questions were not asked in vain. */
  ended(won: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + PER_READ + won);
  }
}
