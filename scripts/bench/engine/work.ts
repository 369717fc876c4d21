/** What the commands of the engine do: the same calls as in backup-vault, restore-vault, check-vault and forget-vault of src/api. */
import { marksFile } from '../../../src/api/marks-file.ts';
import { runBackup } from '../../../src/backup/backup.ts';
import { OpenedChunks } from '../../../src/backup/opened-chunks.ts';
import { runPrune } from '../../../src/backup/prune.ts';
import { Reach } from '../../../src/backup/reach.ts';
import { runRestore } from '../../../src/backup/restore.ts';
import { announceForgets, beginUpkeep } from '../../../src/backup/upkeep.ts';
import { CopyChecker } from '../../../src/maintenance/check-copies.ts';
import { utf8 } from '../../../src/model/bytes.ts';
import { tidy } from '../../../src/store/tidy.ts';
import type { SnapshotRecord } from '../../../src/vault/log-books.ts';
import type { Engine } from './open-engine.ts';

/** With the count of the source beside it and a listener, as `vault backup` has on a terminal. */
export async function backupInto(
  { surroundings, home, upkeep, holding }: Engine,
  source: string,
): Promise<object> {
  const { clock, crew, disk, fileSource, hostName, userName, bundleBytes } = surroundings;
  let progress = 0;
  const result = await runBackup({
    ...upkeep,
    store: holding.chunks,
    source: fileSource(),
    crew,
    marks: marksFile(disk, home.folder),
    clock,
    paths: [source],
    excludes: [],
    host: hostName(),
    user: userName(),
    program: 'bench',
    bundleBytes,
    estimate: true,
    onProgress: () => {
      progress++;
    },
  });
  if (result.unreadableCount > 0) throw new Error(`${result.unreadableCount} files could not be read`);
  return { sealedBytes: result.dataAddedPacked, chunks: result.chunksSent, progress };
}

function newest({ state }: Engine): SnapshotRecord {
  const record = state.snapshots().at(-1);
  if (!record) throw new Error('there is no snapshot');
  return record;
}

/** `inside`: a file or folder of the snapshot; default: all of it. */
export async function restoreNewest(
  engine: Engine,
  target: string,
  inside: string | undefined,
): Promise<object> {
  const { surroundings, home, holding } = engine;
  const { root, stats } = newest(engine).snapshot;
  const result = await runRestore({
    root,
    path: inside === undefined ? undefined : utf8(inside),
    reader: holding.chunks,
    keys: home.keys,
    target: surroundings.fileTarget(target, home.keys, { dryRun: false, numericOwner: true }),
    overwrite: 'fail',
    clock: surroundings.clock,
    expectedEntries: stats.files + stats.directories + stats.links,
    onProgress: () => undefined,
  });
  const [failure] = result.failed;
  if (failure) throw new Error(`${failure.path}: ${failure.message}`);
  return { files: result.files, bytes: result.bytes };
}

/** Reads, verifies and opens every chunk once. Its only holder is this process: nobody is asked for proofs. */
export async function checkAll({ surroundings, home, state, holding }: Engine): Promise<object> {
  const reach = new Reach(new OpenedChunks(holding.chunks, home.keys));
  for (const { snapshot } of state.snapshots()) {
    await reach.add(snapshot.root, ({ error }) => {
      throw error;
    });
  }
  const checker = new CopyChecker({
    keys: home.keys,
    reader: holding.chunks,
    random: surroundings.random,
    proverOf: () => {
      throw new Error('bug: there is nobody to prove anything');
    },
    onFault: ({ error }) => {
      throw error;
    },
    onRead: () => undefined,
  });
  return await checker.check(chunksOf(reach));
}

function* chunksOf(reach: Reach) {
  for (let number = 0; number < reach.chunks.size; number++) {
    yield { digest: reach.chunks.at(number), kind: reach.kindOf(number), holders: [] };
  }
}

/** And frees the space at once, as the rivals do: a peer would keep what is dropped in its trash for two weeks. */
export async function forgetAllButNewest(engine: Engine): Promise<object> {
  const { state, upkeep, holding } = engine;
  const ids = state
    .snapshots()
    .slice(0, -1)
    .map(({ id }) => id);
  await beginUpkeep(upkeep);
  await announceForgets(upkeep, ids);
  const { kept, dropped } = await runPrune(upkeep);
  const old = (): number => Number.POSITIVE_INFINITY;
  const { freedBytes } = await tidy(holding, { ageMs: old, trashMs: 0, expiryMs: 0, limit: old() });
  return { forgotten: ids.length, keptBytes: kept.bytes, droppedBytes: dropped.bytes, freedBytes };
}
