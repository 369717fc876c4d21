/** How fast a crew turns bytes into sealed chunks, by the parts that a backup uses: slabs, cuts by content, content ids, sealing. */
import type { Crew } from '../backup/crew.ts';
import { SlabPool } from '../backup/slab-pool.ts';
import { Chunker } from '../chunker/chunker.ts';
import { boundaryDecision } from '../crypto/boundary-prf.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { ChunkKind } from '../format/kinds.ts';
import { KiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import { perSecond } from './bench-disk.ts';

const SLICE_BYTES: number = 512 * KiB;
const PIECES_AT_ONCE = 16;

export interface EngineBenchParts {
  readonly crew: Crew;
  readonly keys: VaultKeys;
  readonly clock: Clock;
  /** Content, taken from its beginning again when it ends. */
  readonly sample: Uint8Array;
  readonly ms: number;
  readonly signal?: AbortSignal;
}

export interface SealedRate {
  readonly rate: number;
  readonly plainBytes: number;
  readonly sealedBytes: number;
}

/** Runs for about `ms`, and to the end of what was begun. */
export async function sealingRate(parts: EngineBenchParts): Promise<SealedRate> {
  const { crew, keys, clock, sample, ms, signal } = parts;
  const pool = new SlabPool();
  let held = await pool.take();
  const chunker = new Chunker(held.slab, boundaryDecision(keys));
  const running = new Set<Promise<void>>();
  let [plainBytes, sealedBytes, position] = [0, 0, 0];
  const startMs = clock.monotonicMs();
  while (clock.monotonicMs() - startMs < ms) {
    signal?.throwIfAborted();
    if (chunker.room().length === 0) {
      const next = await pool.take();
      chunker.moveTo(next.slab);
      held.letGo();
      held = next;
    }
    const slice = sample.subarray(position, position + Math.min(SLICE_BYTES, chunker.room().length));
    chunker.room().set(slice);
    position = (position + slice.length) % sample.length;
    for (const { start, end } of chunker.take(slice.length)) {
      const slab = held;
      slab.hold();
      const piece = { memory: slab.slab.memory, start, end };
      const job = crew
        .identify(ChunkKind.content, piece)
        .then(() => crew.sealPiece(ChunkKind.content, piece))
        .then(({ bytes, plainLength, release }) => {
          plainBytes += plainLength;
          sealedBytes += bytes.length;
          release?.(); // as a backup does when holders have it
          slab.letGo();
          running.delete(job);
        });
      job.catch(() => undefined); // thrown where they are awaited; nobody does when the crew is closed early
      running.add(job);
      if (running.size >= PIECES_AT_ONCE) await Promise.race(running);
    }
    await clock.yield();
  }
  await Promise.all(running);
  held.letGo();
  return { rate: perSecond(plainBytes, clock.monotonicMs() - startMs), plainBytes, sealedBytes };
}
