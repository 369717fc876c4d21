/**
 * Who reads small files, recognises content, compresses and seals for a backup: threads of their own, or the same in place (S2). A crew
 * has *hands*; what is asked of one hand is done in order.
 */
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { ChunkKind } from '../format/kinds.ts';
import type { ExtendedAttribute } from '../format/tree-page.ts';
import type { Compression } from '../model/compression.ts';
import type { VaultError } from '../model/errors.ts';
import type { ContentId } from '../model/ids.ts';
import type { BytePath } from './byte-path.ts';
import type { FileSource, QuickStat, SourceStat } from './file-source.ts';
import type { FolderLook } from './folder-looks.ts';

/** A file to be read whole, and what the walk saw of it. */
export interface SmallAsk {
  readonly path: BytePath;
  readonly seen: Pick<QuickStat, 'size' | 'mtimeMs' | 'inode'>;
}

export type SmallOutcome =
  | {
      readonly kind: 'read';
      /** Of the open file, as it was before it was read. */
      readonly stat: SourceStat;
      /** Bytes that were read; 0 goes without an id. */
      readonly length: number;
      readonly id: ContentId | undefined;
      readonly xattrs: readonly ExtendedAttribute[];
      /** Why the attributes are not there. */
      readonly xattrsError: VaultError | undefined;
      /** Its size or time was another after the read. */
      readonly changed: boolean;
    }
  /** It is as large as a file that is cut. */
  | { readonly kind: 'large' }
  | { readonly kind: 'failed'; readonly error: VaultError };

export interface Gathered {
  /** One for each file that was asked for, in order. */
  readonly outcomes: readonly SmallOutcome[];
  /** Names the contents, which the hand has until they are kept or dropped. */
  readonly batch: number;
}

/** Bytes of a large file in shared memory; they stay as they are until what was asked has been answered. */
export interface PieceBytes {
  readonly memory: SharedArrayBuffer;
  readonly start: number;
  readonly end: number;
}

export interface Crew {
  readonly hands: number;
  /** There has been work for the hands: asking them costs no start of a thread. */
  readonly begun: boolean;
  /** Throws nothing but 'closed', and bugs. */
  gather(hand: number, asks: readonly SmallAsk[]): Promise<Gathered>;
  /** Looks at everything in these folders, in order; of so many entries that it would take long, only at the first folders. */
  look(paths: readonly BytePath[]): Promise<readonly FolderLook[]>;
  /** Lays these contents of a batch, in this order, behind what the hand's open bundle has; unless `more` will be kept, forgets the others. */
  keep(hand: number, batch: number, indices: readonly number[], more: boolean): void;
  /** Seals the hand's open bundle as a chunk of content; another one is begun. */
  sealOpen(hand: number): Promise<SealedBytes>;
  /** The content id of a piece. */
  identify(kind: ChunkKind, piece: PieceBytes): Promise<ContentId>;
  sealPiece(kind: ChunkKind, piece: PieceBytes): Promise<SealedBytes>;
  /** `plain` is given away. */
  seal(kind: ChunkKind, plain: Uint8Array<ArrayBuffer>): Promise<SealedBytes>;
  /** What is asked and not answered rejects with 'closed'. Calling it twice is harmless. */
  close(): Promise<void>;
}

/** `source` is what a crew that works in place reads from; one of threads reads this machine's files. */
export type MakeCrew = (source: FileSource, keys: VaultKeys, options: CrewOptions) => Crew;

export interface CrewOptions {
  /** Most plain bytes of a bundle. */
  readonly bundleBytes: number;
  /** Default: 'auto'. */
  readonly compression?: Compression | undefined;
}
