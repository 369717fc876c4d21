/** How long pieces of a file may be, and the numbers of the cutting rule that follow from it (C2). */
import { assert } from '../model/errors.ts';
import { KiB, MiB } from '../model/units.ts';

/** Bytes. */
export interface ChunkSizes {
  readonly min: number;
  readonly average: number;
  readonly max: number;
}

export const DEFAULT_SIZES: ChunkSizes = { min: 256 * KiB, average: 1 * MiB, max: 4 * MiB };

/** Bytes the keyed decision looks at; also the least `min`. */
export const WINDOW_BYTES = 64;

export interface CutRule {
  /** A place is a candidate when these top bits of the gear hash are zero: 13 bits for the default sizes. */
  readonly mask: number;
  /** After a refused candidate the next one is looked for this many bytes further on. */
  readonly spacing: number;
  /** A candidate is taken when its decision is below `before`, in a piece shorter than `turn` bytes ... */
  readonly turn: number;
  readonly before: number;
  /** ... and when it is below `after`, four times as likely, from there on. */
  readonly after: number;
}

const CANDIDATE_BITS = 13;

/**
 * Half the even chance before `turn` and twice the even chance after it keep the mean at `average` when
 * exp(-s / 2m) = 2/3, where m = average - min and s = turn - min: s = 0.811 m, here 13/16 m.
 */
export function cutRule({ min, average, max }: ChunkSizes): CutRule {
  assert(min >= WINDOW_BYTES && average >= min + 1024 && max > average, 'chunk sizes out of order');
  const span = average - min;
  const bits = Math.min(CANDIDATE_BITS, Math.floor(Math.log2(span)) - 4);
  const gap = 2 ** bits;
  const spacing = gap / 8;
  const evenChance = ((gap + spacing) / span) * 2 ** 32;
  return {
    mask: -(2 ** (32 - bits)) | 0,
    spacing,
    turn: min + Math.floor((span * 13) / 16),
    before: Math.floor(evenChance / 2),
    after: Math.floor(evenChance * 2),
  };
}
