/** What threads that unpack are told and answer. */
import type { WriterOptions } from './small-file-writer.ts';
import type { Fault } from './target-error.ts';
import type { BundleJob, BundleResult, CompareJob, PieceJob, PieceResult } from './unpackers.ts';

/** Only what copies between threads: no functions. */
export type ThreadOptions = Pick<WriterOptions, 'owners' | 'newFiles' | 'label'>;

export interface UnpackStart {
  /** 32 bytes: a thread can open chunks, and make none. */
  readonly chunkKey: Uint8Array;
  readonly options: ThreadOptions;
}

export type UnpackAsk =
  | { readonly job: number; readonly bundle: BundleJob }
  | { readonly job: number; readonly piece: PieceJob }
  | { readonly job: number; readonly compare: CompareJob };

export type UnpackAnswer =
  | { readonly job: number; readonly bundle: BundleResult }
  | { readonly job: number; readonly piece: PieceResult }
  | { readonly job: number; readonly differ: readonly (readonly [number, Fault])[] };
