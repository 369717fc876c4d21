/** What happens next: a heap of numbers, ordered by due time and then by birth, so that a run is the same every time. */

/** `what` is the caller's kind of event; `subject` and `detail` say whom it concerns. */
export interface ModelEvent {
  readonly dueMs: number;
  readonly born: number;
  readonly what: number;
  readonly subject: number;
  readonly detail: number;
}

function before(a: ModelEvent, b: ModelEvent): boolean {
  return a.dueMs === b.dueMs ? a.born < b.born : a.dueMs < b.dueMs;
}

export class EventQueue {
  readonly #heap: ModelEvent[] = [];
  #born = 0;

  add(dueMs: number, what: number, subject: number, detail = 0): void {
    const heap = this.#heap;
    const event = { dueMs, born: this.#born++, what, subject, detail };
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || !before(event, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  /** The earliest event, removed; `undefined` when there is none up to `endMs`. */
  next(endMs: number): ModelEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first && first.dueMs > endMs) return undefined;
    const last = heap.pop();
    if (first && last && first !== last) this.#sink(last);
    return first;
  }

  #sink(event: ModelEvent): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      if (!left) break;
      const right = heap[2 * at + 2];
      const goRight = right !== undefined && before(right, left);
      const child = goRight ? right : left;
      if (before(event, child)) break;
      heap[at] = child;
      at = 2 * at + (goRight ? 2 : 1);
    }
    heap[at] = event;
  }
}
