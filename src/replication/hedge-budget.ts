/** Bounds how many second questions are asked in vain: on a slow line everything is late, and asking twice makes it later (T3). */

const BURST = 8;
const PER_READ = 0.1;

/** A purse of tokens: a second question costs one, and gives it back when its answer came first; each read earns a little. */
export class HedgeBudget {
  #tokens = BURST;

  /** False when it has to wait. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** A read ended; `won`: a second question was what answered it. */
  readEnded(won: boolean): void {
    this.#tokens = Math.min(BURST, this.#tokens + PER_READ + (won ? 1 : 0));
  }
}
