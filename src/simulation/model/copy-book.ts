/** How many copies each group has over time: how long it was short of them, and when it had none (a loss). */
import { DurationBook } from './figures.ts';

export class CopyBook {
  readonly #copies: number;
  readonly #counts: Uint8Array;
  readonly #sinceMs: Float64Array;
  readonly #shortSinceMs: Float64Array;
  /** Copy-milliseconds that were missing, over all groups. */
  #missingMs = 0;
  /** Group-milliseconds with each number of copies below the wanted one. */
  readonly #shortMs: number[];
  /** From the first missing copy until all are there again. */
  readonly toHeal: DurationBook = new DurationBook();
  failedCopies = 0;
  lostGroups = 0;

  constructor(groups: number, copies: number) {
    this.#copies = copies;
    this.#counts = new Uint8Array(groups).fill(copies);
    this.#sinceMs = new Float64Array(groups);
    this.#shortSinceMs = new Float64Array(groups);
    this.#shortMs = Array.from({ length: copies }, () => 0);
  }

  /** To be told after every change; `failed` when the change is the end of a copy that somebody counted on. */
  note(group: number, count: number, nowMs: number, failed: boolean): void {
    const before = this.#counts[group] ?? 0;
    this.#settle(group, before, nowMs);
    this.#counts[group] = count;
    if (failed && count < this.#copies) this.failedCopies++;
    if (before >= this.#copies && count < this.#copies) this.#shortSinceMs[group] = nowMs;
    if (before < this.#copies && count >= this.#copies) {
      this.toHeal.add(nowMs - (this.#shortSinceMs[group] ?? 0));
    }
    if (count === 0) this.lostGroups++;
  }

  /** Closes the books: every group's time up to now counts. */
  close(nowMs: number): void {
    for (let group = 0; group < this.#counts.length; group++) {
      this.#settle(group, this.#counts[group] ?? 0, nowMs);
    }
  }

  /** Mean time in which one failed copy was replaced (by Little's law: missing copies = failures per time x this). */
  get meanRepairMs(): number {
    return this.failedCopies === 0 ? 0 : this.#missingMs / this.failedCopies;
  }

  /** Group-milliseconds with exactly `count` copies. */
  shortMs(count: number): number {
    return this.#shortMs[count] ?? 0;
  }

  #settle(group: number, count: number, nowMs: number): void {
    const spentMs = nowMs - (this.#sinceMs[group] ?? 0);
    this.#sinceMs[group] = nowMs;
    if (count >= this.#copies) return;
    this.#missingMs += (this.#copies - count) * spentMs;
    this.#shortMs[count] = (this.#shortMs[count] ?? 0) + spentMs;
  }
}
