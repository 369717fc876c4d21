/** Rehearses a backup: the same walk, the same recognition of what the vault has, and nothing written anywhere. */
import { DIGEST_BYTES } from '../model/ids.ts';
import type { DryRunOptions, DryRunResult } from './backup-options.ts';
import { BundleWriter } from './bundle-writer.ts';
import { shownPath } from './byte-path.ts';
import { PendingChunk } from './pending-chunk.ts';
import { startTicker } from './progress-ticker.ts';
import { SourceWalk } from './source-walk.ts';
import { summaryOf } from './summary.ts';
import type { ChunkDraft, ChunkSink } from './upload.ts';

/** Needs no peer. Throws 'source-unreadable' when no path can be read, or the signal's reason. */
export async function dryRunBackup(options: DryRunOptions): Promise<DryRunResult> {
  const { state, keys, clock, reader, onProgress } = options;
  const startedMs = clock.monotonicMs();
  const sink = new CountingSink();
  const walk = new SourceWalk(options, reader);
  const bundles = new BundleWriter({
    keys,
    sink,
    find: (kind, id) => state.chunks.lookup(kind, id),
    rememberAll: true,
  });
  const report = (): void =>
    onProgress?.({
      filesDone: walk.tally.files,
      bytesDone: walk.tally.bytesDone,
      totalFiles: undefined,
      totalBytes: undefined,
      currentPath: shownPath(walk.currentPath),
      chunksSent: 0,
      bytesSent: 0,
      chunksPerHolder: new Map(),
    });
  const stopTicker = startTicker(clock, onProgress && report);
  try {
    await walk.run({
      bundles,
      emit: async () => undefined,
      reuseChunk: (digest) => state.chunks.isKnown(digest),
      onEntry: () => undefined,
    });
    await bundles.close();
  } finally {
    stopTicker();
  }
  return summaryOf(walk, sink.plainBytes, clock.monotonicMs() - startedMs);
}

/** Takes chunks and counts them. Their digests are never used for anything: no tree is written. */
class CountingSink implements ChunkSink {
  plainBytes = 0;

  async submit(draft: ChunkDraft, chunk: PendingChunk = new PendingChunk()): Promise<PendingChunk> {
    this.plainBytes += draft.plain.length;
    chunk.resolve(new Uint8Array(DIGEST_BYTES));
    draft.onKept?.();
    return chunk;
  }
}
