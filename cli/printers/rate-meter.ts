/** How fast work goes now, and when it will be done: from what was done lately, so that a slow start or a pause is forgotten. */

const WINDOW_MS = 20_000;
/** Less says nothing yet. */
const LEAST_MS = 1000;

interface Point {
  readonly ms: number;
  readonly done: number;
}

export class RateMeter {
  #points: Point[] = [];

  /** `done` in any unit, at `elapsedMs` of the work; neither runs backwards. */
  note(elapsedMs: number, done: number): void {
    const last = this.#points.at(-1);
    if (last && (elapsedMs <= last.ms || done < last.done)) return;
    this.#points.push({ ms: elapsedMs, done });
    // The newest point that is older than the window is where it begins.
    while ((this.#points[1]?.ms ?? elapsedMs) < elapsedMs - WINDOW_MS) this.#points.shift();
  }

  /** Units a second; `undefined` while nobody can know. */
  perSecond(): number | undefined {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    if (!first || !last) return undefined;
    const ms = last.ms - first.ms;
    return ms < LEAST_MS ? undefined : ((last.done - first.done) / ms) * 1000;
  }

  /** Until `total` is reached; `undefined` while nobody can know. */
  remainingMs(total: number | undefined): number | undefined {
    const [rate, last] = [this.perSecond(), this.#points.at(-1)];
    if (total === undefined || !last || !rate) return undefined;
    return (Math.max(0, total - last.done) / rate) * 1000;
  }
}
