/** Sums and digest tables over the chunks of one vault, kept right with every change instead of counted; a few KiB whatever there is. */
import { type Digest, GROUPS, groupOf } from '../model/ids.ts';
import type { BooksCounts, GroupCounts } from './books-types.ts';
import { CHUNK_STATES, ChunkState, isLive } from './chunk-state.ts';

/** Bytes of each digest that are folded into the tables: 1 to 8, since byte 0 is the same for the whole group. */
const FOLDED = 8;

export class BooksSums {
  readonly #chunks = new Float64Array(CHUNK_STATES);
  readonly #bytes = new Float64Array(CHUNK_STATES);
  readonly #live = new Uint32Array(GROUPS);
  readonly #kept = new Uint32Array(GROUPS);
  readonly #missing = new Uint32Array(GROUPS);
  readonly #keptBytes = new Float64Array(GROUPS);
  readonly #keptDigests = new Uint8Array(GROUPS * FOLDED);
  readonly #liveDigests = new Uint8Array(GROUPS * FOLDED);

  /** A chunk comes into `state` (sign 1) or leaves it (sign -1). */
  count(digest: Digest, state: ChunkState, size: number, sign: 1 | -1): void {
    const group = groupOf(digest);
    this.#chunks[state] = (this.#chunks[state] ?? 0) + sign;
    this.#bytes[state] = (this.#bytes[state] ?? 0) + sign * size;
    if (!isLive(state)) return;
    this.#live[group] = (this.#live[group] ?? 0) + sign;
    fold(this.#liveDigests, digest);
    if (state === ChunkState.missing) this.#missing[group] = (this.#missing[group] ?? 0) + sign;
    if (state !== ChunkState.kept) return;
    this.#kept[group] = (this.#kept[group] ?? 0) + sign;
    this.#keptBytes[group] = (this.#keptBytes[group] ?? 0) + sign * size;
    fold(this.#keptDigests, digest);
  }

  counts(): BooksCounts {
    const chunks = (state: ChunkState): number => this.#chunks[state] ?? 0;
    const bytes = (state: ChunkState): number => this.#bytes[state] ?? 0;
    const { kept, missing, restorable, dropped, uncommitted, trash } = ChunkState;
    return {
      live: chunks(kept) + chunks(missing) + chunks(restorable),
      liveBytes: bytes(kept) + bytes(missing) + bytes(restorable),
      kept: chunks(kept),
      keptBytes: bytes(kept),
      missing: chunks(missing),
      missingBytes: bytes(missing),
      restorable: chunks(restorable),
      dropped: chunks(dropped),
      droppedBytes: bytes(dropped),
      uncommitted: chunks(uncommitted),
      uncommittedBytes: bytes(uncommitted),
      trash: chunks(trash),
      trashBytes: bytes(trash),
    };
  }

  groupCounts(group: number): GroupCounts {
    return {
      live: this.#live[group] ?? 0,
      kept: this.#kept[group] ?? 0,
      keptBytes: this.#keptBytes[group] ?? 0,
      missing: this.#missing[group] ?? 0,
    };
  }

  /** XOR over the chunks that are live and in their place, 8 bytes for each group. A copy. */
  keptDigests(): Uint8Array {
    return this.#keptDigests.slice();
  }

  /** XOR over all live chunks. A copy. */
  liveDigests(): Uint8Array {
    return this.#liveDigests.slice();
  }
}

function fold(table: Uint8Array, digest: Digest): void {
  const at = groupOf(digest) * FOLDED;
  for (let i = 0; i < FOLDED; i++) table[at + i] = (table[at + i] ?? 0) ^ (digest[i + 1] ?? 0);
}
