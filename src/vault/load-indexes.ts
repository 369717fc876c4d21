/** Reads the index chunks that devices announced, so that this one sends nothing the vault has (C3); a damaged one is skipped (C7). */
import { openChunk } from '../crypto/chunk-cipher.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { decodeIndex } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest } from '../model/ids.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import type { VaultState } from './vault-state.ts';

export interface LoadIndexesOptions {
  readonly state: VaultState;
  readonly keys: VaultKeys;
  readonly reader: ChunkReader;
  readonly signal?: AbortSignal;
}

const AT_ONCE = 6;

/** Returns why each index that could not be loaded was left for next time; the price is sending some content again. */
export async function loadIndexes(options: LoadIndexesOptions): Promise<VaultError[]> {
  const { logs, chunks } = options.state;
  // One that was dropped tells of content that is gone too.
  const digests = logs.unloadedIndexes().filter((digest) => chunks.isLive(digest));
  const problems: VaultError[] = [];
  const next = digests.values();
  const worker = async (): Promise<void> => {
    for (const digest of next) {
      const problem = await loadOne(options, digest);
      if (problem) problems.push(problem);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return problems;
}

async function loadOne(options: LoadIndexesOptions, digest: Digest): Promise<VaultError | undefined> {
  const { state, keys, reader, signal } = options;
  signal?.throwIfAborted();
  try {
    const sealed = await reader.get(digest, signal ? { signal } : {});
    if (!sealed) throw new VaultError('lost', `no holder has index chunk ${cidText(digest)}`);
    state.chunks.addIndexed(decodeIndex(openChunk(keys, ChunkKind.index, sealed)));
    state.logs.markLoaded(digest);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isVaultError(error)) throw error;
    return error;
  }
}
