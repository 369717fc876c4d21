/** What a chunk is to its holder, from what the logs say and where its file is: each state is one kind of work, or none (L1-L4). */
import type { Keeping } from './books-types.ts';

/** The numbers are in the books' index: those from `missing` on need attention. */
export const ChunkState = {
  /** No file, and nobody wants one. */
  gone: 0,
  /** Live and in its place. */
  kept: 1,
  /** Live, no file: to be fetched from another holder. */
  missing: 2,
  /** Live and in the trash: to be brought back. */
  restorable: 3,
  /** In its place, added once, not live: to the trash. */
  dropped: 4,
  /** In its place, in no log yet: expires. */
  uncommitted: 5,
  /** In the trash and not live: purged when its retention ends. */
  trash: 6,
} as const;

export type ChunkState = (typeof ChunkState)[keyof typeof ChunkState];

export const CHUNK_STATES = 7;

export function chunkState(live: boolean, known: boolean, keeping: Keeping): ChunkState {
  if (keeping === 'absent') return live ? ChunkState.missing : ChunkState.gone;
  if (keeping === 'trash') return live ? ChunkState.restorable : ChunkState.trash;
  if (live) return ChunkState.kept;
  return known ? ChunkState.dropped : ChunkState.uncommitted;
}

/** Do the logs want it? */
export function isLive(state: ChunkState): boolean {
  return state === ChunkState.kept || state === ChunkState.missing || state === ChunkState.restorable;
}
