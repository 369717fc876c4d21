/** One backup from this machine: holders chosen and told, books up to date, then the run itself (P1-P3, L2). */
import { runBackup } from '../backup/backup.ts';
import type { BackedUpItem, DryRunResult, BackupProgress as RunProgress } from '../backup/backup-options.ts';
import { bytesOfPath } from '../backup/byte-path.ts';
import { dryRunBackup } from '../backup/dry-run.ts';
import { pathText } from '../backup/path-text.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import { syncLog } from '../vault/sync-log.ts';
import { parentOf, type Rehearsal, whatOf } from './backup-source.ts';
import { copiesReached, countBefore } from './copies-reached.ts';
import { chunksSent } from './holder-copies.ts';
import { programVersion } from './program-version.ts';
import { accusedIn } from './vault-status.ts';
import type { BackupOptions, BackupSummary } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** What a run and a rehearsal are told alike. */
function sourceOptions(work: Rehearsal, options: BackupOptions, sent: () => BackupSummary['holders']) {
  const { clock, crew, hostName, bundleBytes } = work.surroundings;
  const startMs = clock.monotonicMs();
  const { onProgress, onItem, timeMs, skipIfUnchanged, compression } = options;
  const parent = parentOf(work, options);
  return {
    ...whatOf(work, options),
    state: work.state,
    keys: work.home.keys,
    crew,
    clock,
    host: options.host ?? hostName(),
    bundleBytes,
    compression,
    ...(parent ? { parent } : {}),
    ...(timeMs === undefined ? {} : { time: timeMs }),
    ...(skipIfUnchanged === undefined ? {} : { skipIfUnchanged }),
    ...(onItem
      ? {
          onItem: ({ path, ...item }: BackedUpItem) => onItem({ path: pathText(bytesOfPath(path)), ...item }),
        }
      : {}),
    ...work.wait,
    ...(onProgress === undefined
      ? {}
      : {
          estimate: options.stream === undefined,
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
    specials: result.specials,
    specialSkipped: result.specialSkipped,
    dataAdded: result.dataAdded,
    dataAddedSealed: result.dataAddedPacked,
    chunksAdded: result.chunksSent,
    ...(result.unchanged && result.parentId !== undefined ? { unchangedSince: result.parentId } : {}),
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

/** Throws 'too-few-peers', 'no-space', 'source-unreadable', 'rollback', 'forgery'. */
export async function backupVault(work: VaultWork, options: BackupOptions): Promise<BackupSummary> {
  const { session, home, state, wait, warn } = work;
  const { clock, userName } = work.surroundings;
  const startedMs = clock.now();
  const ranking = await session.planHolders(home.copies, wait);
  if (ranking.trialMesh) warn('all peers run on this machine: a trial mesh, no protection against its loss');
  warnAboutSilent(work, ranking);
  const accused = accusedIn(work, await session.askHolders(wait));
  const store: MeshStore = session.writingStore(accused, options.spread ?? 'auto');
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
    user: userName(),
    tags: options.tags ?? [],
    program: `vault-mesh ${programVersion()}`,
  });
  for (const problem of result.problems) warn(problem.message);
  return {
    ...commonSummary(result, startedMs, clock.now()),
    ...(result.skipped ? {} : { snapshotId: result.snapshotId }),
    dryRun: false,
    copiesTarget: home.copies,
    copiesMin: await copiesReached({ work, ranking, store, result, before }),
    holders: sent(),
  };
}

export async function rehearseBackup(work: Rehearsal, options: BackupOptions): Promise<BackupSummary> {
  const { session, home, state, wait, warn } = work;
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
  for (const problem of result.problems) warn(problem.message);
  return {
    ...commonSummary(result, startedMs, clock.now()),
    dryRun: true,
    copiesTarget: home.copies,
    copiesMin: 0,
    holders: [],
  };
}
