/** What a holder's books say of the chunks of one vault (L1, L3): which must live, which are here, and what lies between. */
import type { Digest } from '../model/ids.ts';

/** Where a chunk's file is. */
export type Keeping = 'absent' | 'kept' | 'trash';

export interface ChunkFacts {
  /** Some device that is not retired has added and not dropped it (L1). */
  readonly live: boolean;
  /** Some log has added it once, whatever came after. */
  readonly known: boolean;
  readonly keeping: Keeping;
  /** Bytes of the file, or what the logs say where there is none. */
  readonly size: number;
  /** When the file was written, last renewed (L2) or put into the trash (L4), by the wall clock here; 0 where there is none. */
  readonly sinceMs: number;
}

export interface ListedChunk {
  readonly digest: Digest;
  readonly size: number;
}

/** Sums over a vault. Every chunk with a file is in exactly one of: kept, restorable, dropped, uncommitted, trash. */
export interface BooksCounts {
  readonly live: number;
  readonly liveBytes: number;
  /** Live and in its place. */
  readonly kept: number;
  readonly keptBytes: number;
  /** Live, and no file here at all. */
  readonly missing: number;
  readonly missingBytes: number;
  /** Live, and still in the trash until the next tidying. live = kept + missing + restorable. */
  readonly restorable: number;
  /** Kept, no longer live: trash once it is old enough. */
  readonly dropped: number;
  readonly droppedBytes: number;
  /** Kept and in no log yet: expires (L2). */
  readonly uncommitted: number;
  readonly uncommittedBytes: number;
  /** In the trash and not live (L4). */
  readonly trash: number;
  readonly trashBytes: number;
}

/** Sums over one placement group; of live chunks only. */
export interface GroupCounts {
  readonly live: number;
  readonly kept: number;
  readonly keptBytes: number;
  readonly missing: number;
}

/** What the store of chunks needs of the books: to tell them of files, and to ask what a chunk is to the logs. */
export interface FileBooks {
  of(digest: Digest): ChunkFacts | undefined;
  note(digest: Digest, keeping: Keeping, size: number, sinceMs: number): void;
}
