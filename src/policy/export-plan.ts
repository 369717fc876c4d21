/** Which folders of an export get which chunks: as many copies as asked, by free room, and how much is missing when it does not fit. */

export interface RoomFacts {
  /** Bytes that may still be written there; Infinity where nobody counts. */
  readonly freeBytes: number;
  /** A file takes a multiple of this. */
  readonly unitBytes: number;
}

export interface ExportPlanInput {
  /** Sealed bytes of each chunk. */
  readonly sizes: ArrayLike<number>;
  /** For each chunk the folders that have it: bit i is folder i. */
  readonly held: ArrayLike<number>;
  /** At most `MAX_PLACES`. */
  readonly places: readonly RoomFacts[];
  readonly copies: number;
}

export interface ExportPlan {
  /** For each chunk the folders that shall get it, as bits. */
  readonly targets: Uint32Array;
  /** What goes to each folder, in whole units. */
  readonly bytes: readonly number[];
  readonly copiesPlanned: number;
  /** Copies that no folder has room for, and the room that they would take. */
  readonly copiesMissing: number;
  readonly bytesMissing: number;
}

/** One bit each, in 32-bit integers with a sign. */
export const MAX_PLACES = 30;

/** What a file of so many bytes takes. */
export function roomOf(bytes: number, { unitBytes }: Pick<RoomFacts, 'unitBytes'>): number {
  return Math.ceil(bytes / unitBytes) * unitBytes;
}

/** Number of bits that are set. */
export function bitsIn(mask: number): number {
  let left = mask;
  let bits = 0;
  for (; left !== 0; left &= left - 1) bits++;
  return bits;
}

/**
 * Each missing copy goes to the folder with the most room left that has none: folders of different sizes fill up together, so that room
 * for copies on different folders lasts as long as it can. With fewer folders than copies each folder gets everything.
 */
export function planExport({ sizes, held, places, copies }: ExportPlanInput): ExportPlan {
  const left = places.map(({ freeBytes }) => freeBytes);
  const bytes = places.map(() => 0);
  const targets = new Uint32Array(sizes.length);
  const wanted = Math.min(copies, places.length);
  let [copiesPlanned, copiesMissing, bytesMissing] = [0, 0, 0];
  for (let chunk = 0; chunk < sizes.length; chunk++) {
    const size = sizes[chunk] ?? 0;
    let taken = held[chunk] ?? 0;
    for (let have = bitsIn(taken); have < wanted; have++) {
      const at = roomiest(left, places, size, taken);
      if (at === undefined) {
        copiesMissing += wanted - have;
        bytesMissing += (wanted - have) * leastRoom(size, places);
        break;
      }
      const room = roomOf(size, places[at] ?? { unitBytes: 1 });
      left[at] = (left[at] ?? 0) - room;
      bytes[at] = (bytes[at] ?? 0) + room;
      taken |= 1 << at;
      targets[chunk] = (targets[chunk] ?? 0) | (1 << at);
      copiesPlanned++;
    }
  }
  return { targets, bytes, copiesPlanned, copiesMissing, bytesMissing };
}

/** The folder with the most room left, of those that have no copy and room for one; the first of equals. */
export function roomiest(
  left: readonly number[],
  places: readonly Pick<RoomFacts, 'unitBytes'>[],
  size: number,
  taken: number,
): number | undefined {
  let best: number | undefined;
  for (const [at, place] of places.entries()) {
    const room = left[at] ?? 0;
    if ((taken & (1 << at)) !== 0 || room < roomOf(size, place)) continue;
    if (best === undefined || room > (left[best] ?? 0)) best = at;
  }
  return best;
}

function leastRoom(size: number, places: readonly RoomFacts[]): number {
  return Math.min(...places.map((place) => roomOf(size, place)));
}
