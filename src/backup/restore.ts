/** Restores a snapshot, or a part of it, into a target: everything that can be had, and a list of what cannot (C7, T3). */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import type { FileTarget, Overwrite } from './file-target.ts';
import { OpenDirectory } from './open-directories.ts';
import { OpenedChunks } from './opened-chunks.ts';
import { Pacer } from './pacer.ts';
import { pathText } from './path-text.ts';
import { RestoreJob } from './restore-job.ts';
import { type RestoreFailure, type RestoreProgress, RestoreTally } from './restore-tally.ts';
import { RestoreWalk } from './restore-walk.ts';
import { SealedChunks } from './sealed-chunks.ts';
import type { TargetFolder } from './target-folder.ts';
import { splitPath, TreeReader } from './tree-reader.ts';

/** Of directories and lists, for the next reader: read in order they need little (T4). */
const OPENED_BYTES: number = 16 * MiB;

export interface RestoreOptions {
  /** Pages of the snapshot's root. */
  readonly root: readonly BlobRef[];
  /** A file or directory of the snapshot, raw bytes; a directory's entries land directly in the target. Default: the root. */
  readonly path?: Uint8Array | undefined;
  readonly reader: ChunkReader;
  readonly keys: VaultKeys;
  readonly target: FileTarget;
  readonly overwrite: Overwrite;
  readonly clock: Clock;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  readonly onFailure?: ((failure: RestoreFailure) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Entries the snapshot says it has; a damaged or hostile tree that unfolds into far more (twice, and 10,000) stops the restore. */
  readonly expectedEntries?: number | undefined;
}

export interface RestoreResult extends Omit<RestoreProgress, 'failed'> {
  /** The first 10,000 failures, in the order they happened. */
  readonly failed: readonly RestoreFailure[];
  readonly failedCount: number;
}

/**
 * Never leaves a file that looks complete and is not: content grows under temporary names. Throws 'target-exists',
 * 'target-unwritable', 'no-space' (also in the middle), 'not-found' (no such path), 'interrupted', and what reading the
 * way to `path` throws; every other fault is in `failed`.
 */
export async function runRestore(options: RestoreOptions): Promise<RestoreResult> {
  const { target, overwrite, clock, signal, keys } = options;
  const opened = new OpenedChunks(options.reader, keys, { maxBytes: OPENED_BYTES });
  const reader = new TreeReader(opened);
  const selected = await unlessInterrupted(signal, () => select(reader, options));
  const folder = target.prepare(overwrite);
  const tally = new RestoreTally(options);
  const sealed = new SealedChunks(options.reader);
  const job = new RestoreJob({ opened, sealed, target, overwrite, tally, pacer: new Pacer(clock), signal });
  const walk = new RestoreWalk({
    job,
    reader,
    maxEntries: 2 * (options.expectedEntries ?? Number.MAX_SAFE_INTEGER) + 10_000,
  });
  try {
    await unlessInterrupted(signal, () => restoreSelected(walk, job, options.root, folder, selected));
  } finally {
    await target.close();
  }
  tally.report();
  return resultOf(tally);
}

async function restoreSelected(
  walk: RestoreWalk,
  job: RestoreJob,
  root: readonly BlobRef[],
  folder: TargetFolder,
  selected: TreeNode | undefined,
): Promise<void> {
  const whole = selected?.type === 'directory' && folder.fresh ? selected : undefined;
  const top = new OpenDirectory(job, folder, whole);
  try {
    if (!selected) await walk.directory(root, top);
    else if (selected.type === 'directory') await walk.directory(selected.pages, top);
    else await walk.entry(selected, top);
  } finally {
    await walk.settle();
    top.release();
  }
  job.signal.throwIfAborted();
}

/** The entry at the asked path; `undefined` for the root. */
async function select(
  reader: TreeReader,
  { root, path, signal }: RestoreOptions,
): Promise<TreeNode | undefined> {
  if (!path || splitPath(path).length === 0) return undefined;
  const found = await reader.find(root, path, signal ? { signal } : {});
  if (found) return found;
  throw new VaultError('not-found', `the snapshot has no ${pathText(path)}; nothing was written`, {
    hint: 'vault ls SNAPSHOT lists what it has.',
  });
}

async function unlessInterrupted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new VaultError('interrupted', 'the restore was interrupted; files restored so far are complete', {
      hint: 'Run it again with --overwrite never to go on.',
      cause: error,
    });
  }
}

function resultOf(tally: RestoreTally): RestoreResult {
  const { failed, ...counts } = tally.progress();
  return { ...counts, failed: tally.listed, failedCount: failed };
}
