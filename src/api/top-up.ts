/** Makes the copies that an earlier run could not make because too few peers were there (P2). */
import type { CopyCount } from '../maintenance/copy-count.ts';
import { isVaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { GiB } from '../model/units.ts';
import type { ChunkReader, ChunkWriter, WaitOptions } from '../store/chunk-store.ts';

export interface TopUpOptions extends WaitOptions {
  readonly chunks: Iterable<{ readonly digest: Digest; readonly size: number }>;
  readonly count: CopyCount;
  readonly copies: number;
  readonly store: ChunkReader & ChunkWriter;
}

/** More than this is the work of repair, not of a backup. */
const MAX_BYTES: number = GiB;
const AT_ONCE = 4;

/** Number of chunks that have all their copies now and had not before. A chunk that cannot be had is left as it is. */
export async function topUp(options: TopUpOptions): Promise<number> {
  const { chunks, count, copies, store, signal } = options;
  const wait = signal ? { signal } : {};
  const waiting: Digest[] = [];
  let bytes = 0;
  for (const { digest, size } of chunks) {
    const { peers } = count.of(digest);
    if (peers === 0 || peers >= copies || bytes + size > MAX_BYTES) continue;
    waiting.push(digest);
    bytes += size;
  }
  let made = 0;
  const work = async (): Promise<void> => {
    for (let digest = waiting.pop(); digest; digest = waiting.pop()) {
      try {
        const sealed = await store.get(digest, wait);
        if (sealed === undefined) continue;
        const { holders } = await store.put({ digest, bytes: sealed }, wait);
        if (holders.length >= copies) made += 1;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
}
