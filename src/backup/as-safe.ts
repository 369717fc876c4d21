/** Before the old is given up for the new: has the new as many copies as the old has now? (P2, L4) */
import type { Digest } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { CountingLookup } from './present-now.ts';

export interface Exchange {
  readonly fresh: readonly Digest[];
  readonly old: readonly Digest[];
  /** More than this nobody asks for. */
  readonly copies: number;
}

/**
 * Of the old also those copies count that holders may have which do not answer now; of the new only those that are there. A store that is one
 * holder counts none: what it has acknowledged is there.
 */
export async function isAsSafe(
  store: CountingLookup,
  { fresh, old, copies }: Exchange,
  wait: WaitOptions,
): Promise<boolean> {
  if (!store.countCopies || fresh.length === 0 || old.length === 0) return true;
  const before = await store.countCopies(old, wait);
  const now = await store.countCopies(fresh, wait);
  return fewest(now.copies) >= Math.min(copies, fewest(before.copies) + before.silent);
}

function fewest(counts: readonly number[]): number {
  return counts.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
}
