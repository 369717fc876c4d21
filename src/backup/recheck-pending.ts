/** Asks whether holders still have what an earlier run sent and did not commit: after a week they may have let it go (L2). */
import type { VaultState } from '../vault/vault-state.ts';
import { type CountingLookup, presentNow } from './present-now.ts';

const ASKED_AT_ONCE = 1024;

/**
 * Forgets the chunks that are gone, and copies that are gone of those that are left: both may have expired. Returns how many of the
 * sent chunks can be used.
 */
export async function recheckPending(
  state: VaultState,
  store: CountingLookup,
  signal?: AbortSignal,
): Promise<number> {
  let kept = 0;
  for (const digests of state.chunks.pending(ASKED_AT_ONCE)) {
    const { here, most } = await presentNow(store, digests, signal ? { signal } : {});
    digests.forEach((digest, i) => {
      if (most) state.chunks.limitHolders(digest, most[i] ?? 0);
      if (here[i]) kept++;
      else state.chunks.dropPending(digest);
    });
  }
  return kept;
}
