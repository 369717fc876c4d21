/** Restores one snapshot into a folder of this machine, from all holders that answer (T3). */
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { runRestore } from '../backup/restore.ts';
import { utf8 } from '../model/bytes.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { chunksReceived } from './holder-copies.ts';
import type { ReadingWork } from './reading-work.ts';
import { infoOf } from './snapshot-info.ts';
import type { PathProblem, RestoreOptions, RestoreSummary } from './vault-types.ts';

export async function restoreVault(
  work: ReadingWork,
  record: SnapshotRecord,
  options: RestoreOptions,
  alarms: readonly PathProblem[],
): Promise<RestoreSummary> {
  const { session, home, wait } = work;
  const { clock, fileTarget } = work.surroundings;
  const startMs = clock.monotonicMs();
  const store = session.readingStore();
  session.learnNames();
  const { stats, root } = record.snapshot;
  const whole = options.path === undefined;
  const target = fileTarget(options.target);
  const result = await runRestore({
    root,
    path: options.path === undefined ? undefined : utf8(options.path),
    chunks: new OpenedChunks(store, home.keys),
    target,
    overwrite: options.overwrite ?? 'fail',
    clock,
    expectedEntries: stats.files + stats.directories + stats.links,
    onProgress: ({ files, bytes, failed }) =>
      options.onProgress?.({
        elapsedMs: clock.monotonicMs() - startMs,
        filesDone: files,
        bytesDone: bytes,
        ...(whole ? { totalFiles: stats.files, totalBytes: stats.bytes } : {}),
        errors: failed,
        copies: chunksReceived(session, store),
      }),
    ...wait,
  });
  const { count, example } = target.lostXattrs;
  if (count > 0) work.warn(`${count} extended attributes could not be set, the first one: ${example}`);
  return {
    snapshot: infoOf(record),
    files: result.files,
    directories: result.directories,
    links: result.links,
    bytes: result.bytes,
    skipped: result.kept,
    durationMs: clock.monotonicMs() - startMs,
    failed: result.failed,
    failedCount: result.failedCount,
    alarms,
    holders: chunksReceived(session, store),
  };
}
