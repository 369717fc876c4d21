/** Restores a snapshot, or a part of it, into a target: everything that can be had, and a list of what cannot (C7, T3). */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import { countSelected } from './count-selected.ts';
import type { FileTarget, Overwrite, PreparedTarget, Verified } from './file-target.ts';
import { OpenDirectory } from './open-directories.ts';
import { OpenedChunks } from './opened-chunks.ts';
import { Pacer } from './pacer.ts';
import { pathText } from './path-text.ts';
import type { RestoreFilter } from './restore-filter.ts';
import { RestoreJob, type RestoreWishes } from './restore-job.ts';
import {
  type RestoredEntry,
  type RestoreFailure,
  type RestoreProgress,
  RestoreTally,
} from './restore-tally.ts';
import { RestoreWalk } from './restore-walk.ts';
import { SealedChunks } from './sealed-chunks.ts';
import { splitPath, TreeReader } from './tree-reader.ts';
import { waysTo } from './ways-to.ts';

/** Of directories and lists, for the next reader: read in order they need little (T4). */
const OPENED_BYTES: number = 16 * MiB;

export interface RestoreOptions {
  /** Pages of the snapshot's root. */
  readonly root: readonly BlobRef[];
  /** A file or directory of the snapshot, raw bytes; a directory's entries land directly in the target. Default: the root. */
  readonly path?: Uint8Array | undefined;
  /** What was backed up, raw bytes from the root on: folders above stay as they are where they exist. Default: the root. */
  readonly backedUp?: readonly Uint8Array[] | undefined;
  readonly reader: ChunkReader;
  readonly keys: VaultKeys;
  readonly target: FileTarget;
  readonly overwrite: Overwrite;
  /** Default: everything. */
  readonly filter?: RestoreFilter | undefined;
  /** Removes what is in the folders of the target and not in those of the snapshot, as far as the filter asks for it. */
  readonly deletes?: boolean | undefined;
  /** Reads everything back that was written. */
  readonly verify?: boolean | undefined;
  /** Leaves blocks of zeros out, whatever the source had. */
  readonly sparse?: boolean | undefined;
  /** Only says what it would do; for a target that only looks. */
  readonly dryRun?: boolean | undefined;
  /** See PrepareOptions. */
  readonly mark?: string | undefined;
  readonly clock: Clock;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  readonly onFailure?: ((failure: RestoreFailure) => void) | undefined;
  readonly onEntry?: ((entry: RestoredEntry) => void) | undefined;
  /** Totals of the snapshot, where all of it is restored; else they are counted beside the run, if progress is asked for. */
  readonly totals?: { readonly files: number; readonly bytes: number } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Entries the snapshot says it has; a damaged or hostile tree that unfolds into far more (twice, and 10,000) stops the restore. */
  readonly expectedEntries?: number | undefined;
}

export interface RestoreResult extends Omit<RestoreProgress, 'failed' | 'totalFiles' | 'totalBytes'> {
  /** The first 10,000 failures, in the order they happened. */
  readonly failed: readonly RestoreFailure[];
  readonly failedCount: number;
  /** It went on where an interrupted restore had stopped. */
  readonly resumed: boolean;
  readonly verified: Verified | undefined;
}

/**
 * Never leaves a file that looks complete and is not: content has no name, or a temporary one, until it is. Throws 'target-exists',
 * 'target-unwritable', 'no-space' (also in the middle), 'not-found' (no such path), 'interrupted', and what reading the
 * way to `path` throws; every other fault is in `failed`.
 */
export async function runRestore(options: RestoreOptions): Promise<RestoreResult> {
  return await new RestoreRun(options).run();
}

class RestoreRun {
  readonly #options: RestoreOptions;
  readonly #opened: OpenedChunks;
  readonly #reader: TreeReader;
  readonly #tally: RestoreTally;
  readonly #maxEntries: number;

  constructor(options: RestoreOptions) {
    this.#options = options;
    this.#opened = new OpenedChunks(options.reader, options.keys, { maxBytes: OPENED_BYTES });
    this.#reader = new TreeReader(this.#opened);
    this.#tally = new RestoreTally(options);
    this.#maxEntries = 2 * (options.expectedEntries ?? Number.MAX_SAFE_INTEGER) + 10_000;
  }

  async run(): Promise<RestoreResult> {
    const { target, overwrite, mark, verify } = this.#options;
    const selected = await this.#unlessInterrupted(() => this.#select());
    const prepared = target.prepare({ overwrite, mark, verify });
    let complete = false;
    let verified: Verified | undefined;
    try {
      verified = await this.#unlessInterrupted(() => this.#restore(prepared, selected));
      complete = this.#tally.failed === 0;
    } finally {
      await target.close(complete);
    }
    this.#tally.report();
    const { failed, ...counts } = this.#tally.progress();
    const { resumed } = prepared;
    return { ...counts, failed: this.#tally.listed, failedCount: failed, resumed, verified };
  }

  async #restore(prepared: PreparedTarget, selected: TreeNode | undefined): Promise<Verified | undefined> {
    const job = this.#job(prepared);
    const walk = new RestoreWalk({ job, reader: this.#reader, maxEntries: this.#maxEntries });
    const whole =
      selected?.type === 'directory' && (prepared.folder.fresh || prepared.resumed) ? selected : undefined;
    const top = new OpenDirectory(job, {
      path: '',
      make: () => prepared.folder,
      attributes: () => whole && job.target.attributesOf(whole),
    });
    top.folder();
    const counted = new AbortController();
    const counting = this.#count(selected, AbortSignal.any([job.signal, counted.signal]));
    try {
      if (!selected) await walk.directory(this.#options.root, top);
      else if (selected.type === 'directory') await walk.directory(selected.pages, top);
      else await walk.entry(selected, top);
    } finally {
      await walk.settle();
      counted.abort();
      await counting;
      top.release();
    }
    job.signal.throwIfAborted();
    if (this.#options.verify !== true) return undefined;
    return await job.target.verify((path, fault) => job.fault(path, fault), job.signal);
  }

  #job(prepared: PreparedTarget): RestoreJob {
    const { target, reader, keys, clock, signal } = this.#options;
    return new RestoreJob({
      keys,
      opened: this.#opened,
      sealed: new SealedChunks(reader),
      target,
      wishes: this.#wishes(prepared),
      tally: this.#tally,
      pacer: new Pacer(clock),
      signal,
    });
  }

  #wishes({ resumed }: PreparedTarget): RestoreWishes {
    const { overwrite, filter, deletes, sparse, dryRun, backedUp, path } = this.#options;
    return {
      policy: resumed ? 'resume' : overwrite,
      filter,
      ways: waysTo(backedUp ?? [], path),
      deletes: deletes === true,
      sparse: sparse === true,
      dryRun: dryRun === true,
    };
  }

  /** The entry at the asked path; `undefined` for the root. */
  async #select(): Promise<TreeNode | undefined> {
    const { root, path, signal } = this.#options;
    if (!path || splitPath(path).length === 0) return undefined;
    const found = await this.#reader.find(root, path, signal ? { signal } : {});
    if (found) return found;
    throw new VaultError('not-found', `the snapshot has no ${pathText(path)}; nothing was written`, {
      hint: 'vault ls SNAPSHOT lists what it has.',
    });
  }

  /** Never rejects for what is wrong with the snapshot: the walk meets it too. */
  async #count(selected: TreeNode | undefined, signal: AbortSignal): Promise<void> {
    const { totals, onProgress, filter, root } = this.#options;
    this.#tally.totals = totals;
    if (totals || !onProgress) return;
    if (selected && selected.type !== 'directory') {
      this.#tally.totals = { files: 1, bytes: selected.type === 'file' ? selected.size : 0 };
      return;
    }
    const options = { reader: this.#reader, filter, maxEntries: this.#maxEntries, signal };
    this.#tally.totals = await countSelected(selected ? selected.pages : root, options);
  }

  async #unlessInterrupted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!this.#options.signal?.aborted) throw error;
      throw new VaultError('interrupted', 'the restore was interrupted; files restored so far are complete', {
        hint: 'Run the same again to go on.',
        cause: error,
      });
    }
  }
}
