/** How much each vault lacks here of what is this peer's task, and since when: counted once a round, told often. */
import { GROUPS } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { VaultView } from './vault-view.ts';

export interface Missing {
  readonly chunks: number;
  /** How long some have been missing without a break; 0 when none is. */
  readonly sinceMs: number;
}

const NONE: Missing = { chunks: 0, sinceMs: 0 };

export class MissingWatch {
  readonly #clock: Clock;
  readonly #known = new Map<VaultView, { readonly chunks: number; readonly fromMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  observe(views: readonly VaultView[]): void {
    for (const view of this.#known.keys()) if (!views.includes(view)) this.#known.delete(view);
    for (const view of views) {
      const chunks = missingIn(view);
      const known = this.#known.get(view);
      if (chunks === 0) this.#known.delete(view);
      else this.#known.set(view, { chunks, fromMs: known?.fromMs ?? this.#clock.monotonicMs() });
    }
  }

  of(view: VaultView): Missing {
    const known = this.#known.get(view);
    if (!known) return NONE;
    return { chunks: known.chunks, sinceMs: this.#clock.monotonicMs() - known.fromMs };
  }
}

/** Counted now. */
function missingIn(view: VaultView): number {
  let chunks = 0;
  for (let group = 0; group < GROUPS; group++) {
    const { missing } = view.holding.books.groupCounts(group);
    if (missing > 0 && view.taskOf(group) !== 'none') chunks += missing;
  }
  return chunks;
}
