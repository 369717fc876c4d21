/** Asks whether holders still have what an earlier run sent and did not commit: after a week they may have let it go (L2). */
import type { ChunkLookup } from '../store/chunk-store.ts';
import type { VaultState } from '../vault/vault-state.ts';

const ASKED_AT_ONCE = 1024;

/** Forgets the chunks that are gone; returns how many of the sent ones can be used. */
export async function recheckPending(
  state: VaultState,
  store: ChunkLookup,
  signal?: AbortSignal,
): Promise<number> {
  let kept = 0;
  for (const digests of state.chunks.pending(ASKED_AT_ONCE)) {
    const here = await store.has(digests, signal ? { signal } : {});
    digests.forEach((digest, i) => {
      if (here[i]) kept++;
      else state.chunks.dropPending(digest);
    });
  }
  return kept;
}
