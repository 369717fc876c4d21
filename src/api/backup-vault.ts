/** One backup from this machine: holders chosen and told, books up to date, then the run itself (P1-P3, L2). */
import { runBackup } from '../backup/backup.ts';
import type { DryRunResult, BackupProgress as RunProgress } from '../backup/backup-options.ts';
import { dryRunBackup } from '../backup/dry-run.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import { syncLog } from '../vault/sync-log.ts';
import { copiesReached, countBefore } from './copies-reached.ts';
import { chunksSent } from './holder-copies.ts';
import { marksFile } from './marks-file.ts';
import type { MeshSession } from './mesh-session.ts';
import { programVersion } from './program-version.ts';
import { paceOf } from './upload-pace.ts';
import { accusedIn } from './vault-status.ts';
import type { BackupOptions, BackupSummary } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** What a run and a rehearsal are told alike. */
function sourceOptions(work: Rehearsal, options: BackupOptions, sent: () => BackupSummary['holders']) {
  const { clock, crew, disk, fileSource, hostName } = work.surroundings;
  const startMs = clock.monotonicMs();
  const { onProgress } = options;
  return {
    state: work.state,
    keys: work.home.keys,
    source: fileSource(),
    crew,
    marks: marksFile(disk, work.home.folder),
    clock,
    paths: options.paths,
    excludes: options.excludes ?? [],
    host: options.host ?? hostName(),
    ...work.wait,
    ...(onProgress === undefined
      ? {}
      : {
          estimate: true,
          onProgress: (progress: RunProgress) =>
            onProgress({
              elapsedMs: clock.monotonicMs() - startMs,
              filesDone: progress.filesDone,
              bytesDone: progress.bytesDone,
              ...(progress.totalFiles === undefined ? {} : { totalFiles: progress.totalFiles }),
              ...(progress.totalBytes === undefined ? {} : { totalBytes: progress.totalBytes }),
              bytesStored: progress.bytesSent,
              currentPath: progress.currentPath,
              copies: sent(),
            }),
        }),
  };
}

function commonSummary(result: DryRunResult, startedMs: number, endedMs: number) {
  return {
    filesNew: result.filesNew,
    filesChanged: result.filesChanged,
    filesUnmodified: result.filesUnmodified,
    directories: result.directories,
    links: result.links,
    specialSkipped: result.specialSkipped,
    dataAdded: result.dataAdded,
    filesProcessed: result.totalFiles,
    bytesProcessed: result.totalBytes,
    startedMs,
    durationMs: endedMs - startedMs,
    unreadable: result.unreadable,
    unreadableCount: result.unreadableCount,
    vanished: result.vanished,
    changedWhileRead: result.changedWhileRead,
    excluded: result.excluded,
  };
}

/** A holder that is away has copies that nobody can count now: said, so that the number of this run is not misread. */
function warnAboutSilent({ session, warn }: VaultWork, { leftOut }: Ranking): void {
  const holders = new Set(session.table?.members.map(({ peer }) => peer));
  const away = leftOut.filter(({ facts, reason }) => reason === 'unreachable' && holders.has(facts.peer));
  if (away.length === 0) return;
  const names = away.map(({ facts }) => session.nameOf(facts.peer)).join(', ');
  warn(`holders of this vault that do not answer: ${names}; their copies are not counted now`);
}

/** Throws 'usage', 'too-few-peers', 'no-space', 'source-unreadable', 'rollback', 'forgery'. */
export async function backupVault(work: VaultWork, options: BackupOptions): Promise<BackupSummary> {
  const { session, home, state, wait, warn } = work;
  const { clock, userName, bundleBytes } = work.surroundings;
  const startedMs = clock.now();
  const pace = paceOf(options.limitUpload, work.surroundings);
  const ranking = await session.planHolders(home.copies, wait);
  if (ranking.trialMesh) warn('all peers run on this machine: a trial mesh, no protection against its loss');
  warnAboutSilent(work, ranking);
  const accused = accusedIn(work, await session.askHolders(wait));
  const store: MeshStore = session.writingStore(accused, pace);
  const exchange = session.exchange;
  const synced = await syncLog({ state, keys: home.keys, exchange, reader: store, spread: true, ...wait });
  for (const problem of synced.problems) warn(problem.message);
  const before = await countBefore(work, ranking, accused);
  const sent = (): BackupSummary['holders'] => chunksSent(session, store);
  const result = await runBackup({
    ...sourceOptions(work, options, sent),
    device: home.device,
    store,
    exchange,
    bundleBytes,
    user: userName(),
    tags: options.tags ?? [],
    compression: options.compression,
    program: `vault-mesh ${programVersion()}`,
  });
  for (const problem of result.problems) warn(problem.message);
  return {
    ...commonSummary(result, startedMs, clock.now()),
    snapshotId: result.snapshotId,
    dryRun: false,
    dataAddedSealed: result.dataAddedPacked,
    chunksAdded: result.chunksSent,
    copiesTarget: home.copies,
    copiesMin: await copiesReached({ work, ranking, store, result, before }),
    holders: sent(),
  };
}

/** What a rehearsal needs; without a session (nobody answers) every file is read. */
export type Rehearsal = Omit<VaultWork, 'session'> & { readonly session?: MeshSession };

export async function rehearseBackup(work: Rehearsal, options: BackupOptions): Promise<BackupSummary> {
  const { session, home, state, wait } = work;
  const { clock } = work.surroundings;
  const startedMs = clock.now();
  const reader = session?.readingStore();
  if (session && reader && session.holders().length > 0) {
    await syncLog({ state, keys: home.keys, exchange: session.exchange, reader, ...wait });
  }
  const result = await dryRunBackup({
    ...sourceOptions(work, options, () => []),
    ...(reader ? { reader } : {}),
  });
  return {
    ...commonSummary(result, startedMs, clock.now()),
    dryRun: true,
    dataAddedSealed: 0,
    chunksAdded: 0,
    copiesTarget: home.copies,
    copiesMin: 0,
    holders: [],
  };
}
