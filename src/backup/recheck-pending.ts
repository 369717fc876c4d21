/** Asks whether holders still have what an earlier run sent and did not commit: after a week they may have let it go (L2). */
import type { ChunkLookup, CopyLookup } from '../store/chunk-store.ts';
import type { VaultState } from '../vault/vault-state.ts';

const ASKED_AT_ONCE = 1024;

/**
 * Forgets the chunks that are gone; returns how many of the sent ones can be used. A store of several holders is asked how many copies
 * are left of each: some of those that were acknowledged then may have expired, and only a holder that is asked keeps its own.
 */
export async function recheckPending(
  state: VaultState,
  store: ChunkLookup & Partial<CopyLookup>,
  signal?: AbortSignal,
): Promise<number> {
  let kept = 0;
  for (const digests of state.chunks.pending(ASKED_AT_ONCE)) {
    const wait = signal ? { signal } : {};
    const here = await store.has(digests, wait);
    const counted = await store.countCopies?.(digests, wait);
    digests.forEach((digest, i) => {
      // Who does not answer may be one of those that acknowledged it: away, not lost (R1).
      if (counted) state.chunks.limitHolders(digest, (counted.copies[i] ?? 0) + counted.silent);
      if (here[i]) kept++;
      else state.chunks.dropPending(digest);
    });
  }
  return kept;
}
