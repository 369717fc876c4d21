/** Writes down, in index chunks, what the new chunks of a run carry, so that other devices need not send it again (C3). */
import { encodeIndex, type IndexedChunk } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { Digest } from '../model/ids.ts';
import type { VaultState } from '../vault/vault-state.ts';
import type { Crew } from './crew.ts';
import { PendingChunk } from './pending-chunk.ts';
import type { Uploader } from './upload.ts';

/** Blobs in one index chunk: small enough to load in one slice of the event loop. */
const MAX_BLOBS = 8192;

export interface IndexWriter {
  readonly state: VaultState;
  readonly crew: Pick<Crew, 'seal'>;
  readonly uploader: Pick<Uploader, 'send' | 'drain'>;
}

/** Digests of the index chunks, acknowledged, for the announcement. */
export async function writeIndex({ state, crew, uploader }: IndexWriter): Promise<Digest[]> {
  const written: PendingChunk[] = [];
  const described: Digest[] = [];
  let batch: IndexedChunk[] = [];
  let blobs = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    described.push(...batch.map((chunk) => chunk.digest));
    const plain = new Uint8Array(encodeIndex(batch));
    batch = [];
    blobs = 0;
    const chunk = new PendingChunk();
    const draft = { kind: ChunkKind.index, plainLength: plain.length, blobs: [] };
    await uploader.send(draft, () => crew.seal(ChunkKind.index, plain), chunk);
    written.push(chunk);
  };
  for (const chunk of state.chunks.chunksToIndex()) {
    if (blobs + chunk.blobs.length > MAX_BLOBS) await flush();
    batch.push(chunk);
    blobs += chunk.blobs.length;
  }
  await flush();
  await uploader.drain();
  state.chunks.markIndexed(described);
  return await Promise.all(written.map((chunk) => chunk.sealed));
}
