/** Which chunks are on holders that count, asked now (L2, P2). */
import type { Digest } from '../model/ids.ts';
import type { ChunkLookup, CopyLookup, WaitOptions } from '../store/chunk-store.ts';

export type CountingLookup = ChunkLookup & Partial<CopyLookup>;

export interface PresentNow {
  readonly here: readonly boolean[];
  /** The most holders each can be on: those that say so, and those that do not answer, as they are away, not lost (R1). */
  readonly most?: readonly number[];
}

/**
 * A store of several holders is asked for the copies of its members, each of which then keeps its own from expiring; what others say to
 * have is believed only when they give it. Throws 'unavailable' when nobody answers.
 */
export async function presentNow(
  store: CountingLookup,
  digests: readonly Digest[],
  wait: WaitOptions,
): Promise<PresentNow> {
  if (!store.countCopies) return { here: await store.has(digests, wait) };
  const { copies, silent } = await store.countCopies(digests, wait);
  return { here: copies.map((count) => count > 0), most: copies.map((count) => count + silent) };
}
