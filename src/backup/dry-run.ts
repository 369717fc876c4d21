/** Rehearses a backup: the same walk, the same recognition of what the vault has, and nothing written anywhere. */
import { DIGEST_BYTES } from '../model/ids.ts';
import type { DryRunOptions, DryRunResult } from './backup-options.ts';
import { shownPath } from './byte-path.ts';
import { ContentWriter, fullBundleBytes } from './content-writer.ts';
import type { PendingChunk } from './pending-chunk.ts';
import { startTicker } from './progress-ticker.ts';
import { SourceWalk } from './source-walk.ts';
import { summaryOf } from './summary.ts';
import { finished } from './tree-queue.ts';
import type { ChunkDraft, ChunkSink } from './upload.ts';

/** Files whose outcome is waited for together. */
const FILES_AT_ONCE = 4096;

/** Needs no peer. Throws 'source-unreadable' when no path can be read, or the signal's reason. */
export async function dryRunBackup(options: DryRunOptions): Promise<DryRunResult> {
  const { state, keys, source, clock, reader, onProgress } = options;
  const startedMs = clock.monotonicMs();
  const sink = new CountingSink();
  const walk = new SourceWalk(options, reader);
  const crew = options.crew(source, keys, { bundleBytes: fullBundleBytes() });
  const content = new ContentWriter({
    crew,
    sink,
    find: (kind, id) => state.chunks.lookup(kind, id),
    rehearsal: true,
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
  let files: unknown[] = [];
  const settle = async (): Promise<void> => {
    await content.flush();
    const waiting = files;
    files = [];
    await Promise.all(waiting);
  };
  const stopTicker = startTicker(clock, onProgress && report);
  try {
    await walk.run({
      content,
      emit: (event) => {
        if (event.kind === 'later') files.push(event.file);
        if (event.kind === 'small') {
          const file = finished(event);
          if (file instanceof Promise) file.catch(() => undefined); // thrown when it is waited for
          files.push(file);
        }
        return files.length < FILES_AT_ONCE ? undefined : settle();
      },
      reuseChunk: (digest) => state.chunks.isKnown(digest),
      onEntry: () => undefined,
    });
    await settle();
  } finally {
    stopTicker();
    await crew.close();
  }
  return summaryOf(walk, sink.plainBytes, clock.monotonicMs() - startedMs);
}

/** Takes chunks and counts them. Their digests are never used for anything: no tree is written. */
class CountingSink implements ChunkSink {
  plainBytes = 0;

  async send(draft: ChunkDraft, _seal: unknown, chunk: PendingChunk): Promise<void> {
    this.count(draft, chunk);
  }

  count(draft: ChunkDraft, chunk: PendingChunk): void {
    this.plainBytes += draft.plainLength;
    chunk.resolve(new Uint8Array(DIGEST_BYTES));
    draft.onKept?.();
  }
}
