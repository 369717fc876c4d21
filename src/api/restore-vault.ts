/** Restores one snapshot into a folder of this machine, from all holders that answer (T3). */
import { type RestoreResult, runRestore } from '../backup/restore.ts';
import type { RestoreFilter } from '../backup/restore-filter.ts';
import { utf8 } from '../model/bytes.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { chunksReceived } from './holder-copies.ts';
import type { ReadingWork } from './reading-work.ts';
import { infoOf } from './snapshot-info.ts';
import type { PathProblem, RestoreOptions, RestoreProgress, RestoreSummary } from './vault-types.ts';

export interface FilteredRestore extends RestoreOptions {
  readonly filter: RestoreFilter | undefined;
}

export async function restoreVault(
  work: ReadingWork,
  record: SnapshotRecord,
  options: FilteredRestore,
  alarms: readonly PathProblem[],
): Promise<RestoreSummary> {
  const { session, home, wait } = work;
  const { clock, fileTarget } = work.surroundings;
  const startMs = clock.monotonicMs();
  const store = session.readingStore();
  session.learnNames();
  const { numericOwner = false, dryRun = false, onProgress } = options;
  const target = fileTarget(options.target, home.keys, { numericOwner, dryRun });
  const result = await runRestore({
    ...whatOf(record, options),
    reader: store,
    keys: home.keys,
    target,
    clock,
    onEntry: options.onEntry,
    ...(onProgress && {
      onProgress: (progress) =>
        onProgress({
          elapsedMs: clock.monotonicMs() - startMs,
          ...progressOf(progress),
          copies: chunksReceived(session, store),
        }),
    }),
    ...wait,
  });
  const { count, example } = target.lostXattrs;
  if (count > 0) work.warn(`${count} extended attributes could not be set, the first one: ${example}`);
  return {
    ...summaryOf(result),
    snapshot: infoOf(record),
    durationMs: clock.monotonicMs() - startMs,
    dryRun,
    alarms,
    holders: chunksReceived(session, store),
  };
}

function whatOf({ id, snapshot }: SnapshotRecord, options: FilteredRestore) {
  const { path, filter } = options;
  const { files, directories, links, bytes } = snapshot.stats;
  return {
    root: snapshot.root,
    path: path === undefined ? undefined : utf8(path),
    backedUp: snapshot.paths,
    overwrite: options.overwrite ?? 'fail',
    filter,
    deletes: options.delete,
    verify: options.verify,
    sparse: options.sparse,
    dryRun: options.dryRun,
    mark: JSON.stringify({ snapshot: id, path }),
    totals: path === undefined && !filter ? { files, bytes } : undefined,
    expectedEntries: files + directories + links,
  };
}

type Counts = Pick<RestoreResult, 'files' | 'bytes' | 'kept' | 'keptBytes' | 'deleted'> & {
  readonly failed: number;
  readonly totalFiles?: number | undefined;
  readonly totalBytes?: number | undefined;
};

function progressOf(counts: Counts): Omit<RestoreProgress, 'elapsedMs' | 'copies'> {
  const { files, bytes, kept, keptBytes, deleted, failed, totalFiles, totalBytes } = counts;
  return {
    filesDone: files + kept,
    bytesDone: bytes + keptBytes,
    filesSkipped: kept,
    bytesSkipped: keptBytes,
    deleted,
    ...(totalFiles === undefined ? {} : { totalFiles }),
    ...(totalBytes === undefined ? {} : { totalBytes }),
    errors: failed,
  };
}

function summaryOf(result: RestoreResult) {
  const { files, directories, links, specials, bytes, kept, keptBytes, deleted } = result;
  const { failed, failedCount, resumed, verified } = result;
  return {
    files,
    directories,
    links,
    specials,
    bytes,
    skipped: kept,
    skippedBytes: keptBytes,
    deleted,
    failed,
    failedCount,
    resumed,
    ...(verified && { verified }),
  };
}
