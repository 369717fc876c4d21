/** Makes missing copies by hand, worst first: one read, and one put for each holder that placement wants and that lacks it (R1, P3). */
import { isVaultError } from '../model/errors.ts';
import type { Digest, PeerName } from '../model/ids.ts';
import type { ChunkReader, ChunkWriter, WaitOptions } from '../store/chunk-store.ts';
import type { CopyCount } from './copy-count.ts';

export interface MakeCopiesOptions extends WaitOptions {
  readonly count: CopyCount;
  /** Copies that each chunk should have. */
  readonly copies: number;
  readonly reader: ChunkReader;
  /** Who may keep the chunk, in order of placement. */
  readonly orderOf: (digest: Digest) => readonly PeerName[];
  readonly writerOf: (peer: PeerName) => ChunkWriter;
  /** After each chunk; sealed bytes sent so far. */
  readonly onProgress?: (done: number, total: number, bytesMoved: number) => void;
}

export interface MadeCopies {
  /** Without those that are nowhere. */
  readonly chunksShort: number;
  readonly copiesMade: number;
  readonly bytesMoved: number;
  readonly stillShort: number;
  /** Chunks that nobody who counts has, and that could not be read from anybody else either. */
  readonly nowhere: number;
}

const AT_ONCE = 4;

export async function makeCopies(options: MakeCopiesOptions): Promise<MadeCopies> {
  const { count, copies, onProgress, signal } = options;
  // A chunk that nobody who counts has may still be read from somebody who does not count.
  const short = [...count.absent(), ...count.short(copies)];
  const refusing = new Set<PeerName>();
  let [copiesMade, bytesMoved, stillShort, nowhere, done] = [0, 0, 0, 0, 0];
  const waiting = short.values();
  const worker = async (): Promise<void> => {
    for (const digest of waiting) {
      signal?.throwIfAborted();
      const { made, bytes } = await copyOne(options, digest, refusing);
      copiesMade += made;
      bytesMoved += made * bytes;
      const now = count.of(digest).peers + made;
      if (now === 0) nowhere++;
      else if (now < copies) stillShort++;
      onProgress?.(++done, short.length, bytesMoved);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { chunksShort: short.length - nowhere, copiesMade, bytesMoved, stillShort, nowhere };
}

/** A holder that cannot take a chunk, because it is full or gone, is passed over from then on. */
async function copyOne(
  options: MakeCopiesOptions,
  digest: Digest,
  refusing: Set<PeerName>,
): Promise<{ readonly made: number; readonly bytes: number }> {
  const { count, copies, orderOf, writerOf, signal } = options;
  const wait = signal ? { signal } : {};
  const have = new Set(count.holdersOf(digest));
  const candidates = orderOf(digest).filter((peer) => !have.has(peer) && !refusing.has(peer));
  const bytes = candidates.length === 0 ? undefined : await readable(options, digest);
  let made = 0;
  for (const peer of bytes ? candidates : []) {
    if (!bytes || have.size + made >= copies) break;
    try {
      await writerOf(peer).put({ digest, bytes }, wait);
      made++;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      refusing.add(peer);
    }
  }
  return { made, bytes: bytes?.length ?? 0 };
}

async function readable(
  { reader, signal }: MakeCopiesOptions,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  try {
    return await reader.get(digest, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    if (!isVaultError(error)) throw error;
    return undefined;
  }
}
