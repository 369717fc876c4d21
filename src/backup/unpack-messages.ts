/** What threads that unpack are told and answer. */
import { createSecretKey } from 'node:crypto';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import type { WriterOptions } from './small-file-writer.ts';
import type { Fault } from './target-error.ts';
import type { BundleJob, BundleResult, CompareJob, PieceJob, PieceResult } from './unpackers.ts';

/** Only what copies between threads: no functions. */
export type ThreadOptions = Pick<WriterOptions, 'owners' | 'newFiles' | 'label'>;

/** What opens chunks, as it copies between threads; of an owner also those of every scope. */
type PackedKeys = Omit<OpeningKeys, 'chunkKey'> & { readonly chunkKey: Uint8Array };

export function packKeys({ scope, chunkKey, secret }: OpeningKeys): PackedKeys {
  return {
    chunkKey: new Uint8Array(chunkKey.export()),
    ...(scope && { scope }),
    ...(secret && { secret }),
  };
}

export function unpackKeys({ chunkKey, ...others }: PackedKeys): OpeningKeys {
  return { ...others, chunkKey: createSecretKey(chunkKey) };
}

export interface UnpackStart {
  readonly keys: PackedKeys;
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
