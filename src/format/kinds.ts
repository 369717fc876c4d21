/** What a chunk may carry: a number that is bound into its seal and never written into its bytes (C4). */
export { MAX_PLAIN_BYTES, MAX_SEALED_BYTES } from '../model/chunk-limits.ts';

export const ChunkKind = {
  /** Parts of large files, and bundles of small ones laid end to end (C3). */
  content: 1,
  /** A bundle of tree pages (C6). */
  tree: 2,
  /** What the chunks of one run carry, for deduplication. */
  index: 3,
  /** References of a file too large for its tree node. */
  list: 4,
  /** The sealed part of a log entry (L1). */
  announcement: 5,
  /** What an export says to whoever has the vault's keys (docs/spec/export.md); never on a holder. */
  note: 6,
} as const;
export type ChunkKind = (typeof ChunkKind)[keyof typeof ChunkKind];

export function isChunkKind(value: number): value is ChunkKind {
  return Number.isInteger(value) && value >= ChunkKind.content && value <= ChunkKind.announcement;
}
