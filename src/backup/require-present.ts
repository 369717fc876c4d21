/** Before a commit: are the chunks it is about to add still there? What another device pruned meanwhile is taken back out of the trash (L2, L4). */
import { isVaultError, VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { ChunkReader, ChunkWriter } from '../store/chunk-store.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { type CountingLookup, presentNow } from './present-now.ts';

const ASKED_AT_ONCE = 1024;

/**
 * Asks for everything that the run's entries will add; holders keep what they are asked for from expiring. Throws 'lost' when some of it
 * is nowhere: no entry may name it. The next run sends it again.
 */
export async function requirePresent(
  state: VaultState,
  store: ChunkReader & ChunkWriter & CountingLookup,
  signal?: AbortSignal,
): Promise<void> {
  const wait = signal ? { signal } : {};
  const gone: Digest[] = [];
  for (const group of state.chunks.allToAdd(ASKED_AT_ONCE)) {
    const digests = group.map(({ digest }) => digest);
    const { here } = await presentNow(store, digests, wait);
    for (const [i, digest] of digests.entries()) {
      if (!here[i] && !(await bringBack(store, digest, signal))) gone.push(digest);
    }
  }
  if (gone.length === 0) return;
  for (const digest of gone) state.chunks.dropPending(digest);
  state.chunks.markLost(gone);
  throw new VaultError(
    'lost',
    `${gone.length} chunks that the new snapshot refers to are on no holder any more, so it was not made`,
    { hint: 'Run the command again: it sends them again.', data: { chunks: gone.length } },
  );
}

/** `get` reads from the trash too, and what is put is out of it. */
async function bringBack(
  store: ChunkReader & ChunkWriter,
  digest: Digest,
  signal?: AbortSignal,
): Promise<boolean> {
  const wait = signal ? { signal } : {};
  try {
    const bytes = await store.get(digest, wait);
    if (!bytes) return false;
    await store.put({ digest, bytes }, wait);
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isVaultError(error, 'unavailable', 'lost', 'corrupt')) throw error;
    return false;
  }
}
