/** Backs up paths (L2): chunks first, then trees, then the log entry that makes the snapshot exist; cut off anywhere, the next run goes on. */

import type { BlobRef } from '../format/blob-ref.ts';
import { encodeSnapshot, type Snapshot, snapshotId } from '../format/snapshot.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { GiB } from '../model/units.ts';
import { commitLog, requireActive } from '../vault/commit-log.ts';
import type { BackupOptions, BackupProgress, BackupResult } from './backup-options.ts';
import { shownPath } from './byte-path.ts';
import { checkDescription } from './check-description.ts';
import { ContentWriter, type FindContent, fullBundleBytes } from './content-writer.ts';
import type { Crew } from './crew.ts';
import { type Estimate, estimateRest } from './estimate.ts';
import { startTicker } from './progress-ticker.ts';
import { recheckPending } from './recheck-pending.ts';
import { requirePresent } from './require-present.ts';
import { SourceWalk } from './source-walk.ts';
import { summaryOf } from './summary.ts';
import { TreeQueue } from './tree-queue.ts';
import { TreeWriter } from './tree-writer.ts';
import { Uploader } from './upload.ts';
import { writeIndex } from './write-index.ts';

const CHECKPOINT_BYTES: number = 4 * GiB;
const CHECKPOINT_MS = 10 * 60_000;
const COUNT_AFTER_MS = 2000;

/**
 * Call after `syncLog` with a reader, so that what other devices sent is known. Unreadable, vanishing and changing files never stop it.
 * Throws 'source-unreadable' (no path can be read), 'usage' (more paths or tags than a snapshot can name), what the store throws ('too-few-peers', 'no-space': no snapshot exists then, and
 * what was acknowledged is used by the next run), 'lost' (chunks it refers to vanished meanwhile; the next run sends them), 'denied' (this device is retired), or the signal's reason.
 */
export async function runBackup(options: BackupOptions): Promise<BackupResult> {
  return await new BackupRun(options).run();
}

class BackupRun {
  readonly #options: BackupOptions;
  readonly #startedAt: number;
  readonly #startedMs: number;
  readonly #walk: SourceWalk;
  readonly #uploader: Uploader;
  readonly #crew: Crew;
  readonly #content: ContentWriter;
  readonly #tree: TreeQueue;
  readonly #estimate: Estimate = { files: 0, bytes: 0, complete: false };
  #copiesMin: number | undefined;
  #checkpointBytes = 0;
  #checkpointMs: number;

  constructor(options: BackupOptions) {
    const { state, clock, keys, store, source, bundleBytes, compression } = options;
    this.#options = options;
    this.#startedAt = snapshotTime(options);
    this.#startedMs = clock.monotonicMs();
    this.#checkpointMs = this.#startedMs;
    this.#walk = new SourceWalk(options, store);
    const { tags = [], host, user } = options;
    checkDescription({ paths: this.#walk.namedPaths, tags, host, user });
    this.#uploader = new Uploader(options);
    this.#crew = options.crew(source, keys, { bundleBytes: fullBundleBytes(bundleBytes), compression });
    const find: FindContent = (kind, id) => state.chunks.reuse(kind, id);
    this.#content = new ContentWriter({ crew: this.#crew, sink: this.#uploader, find, bundleBytes });
    const writer = new TreeWriter({ keys, crew: this.#crew, sink: this.#uploader, find });
    this.#tree = new TreeQueue({
      writer,
      onFull: () => this.#content.flush(),
      onMark: (draft, places) => this.#walk.marks?.note(draft, places),
    });
  }

  async run(): Promise<BackupResult> {
    const { state, store, clock, onProgress, signal } = this.#options;
    const counting = this.#count();
    const stopTicker = startTicker(clock, onProgress && (() => onProgress(this.#progress())));
    try {
      requireActive(state, this.#options.device);
      state.chunks.beginRun();
      await recheckPending(state, store, signal);
      return await this.#commit(await this.#send());
    } catch (error) {
      this.#content.abandon(error);
      await this.#uploader.abandon(error);
      await this.#tree.stop();
      throw error;
    } finally {
      stopTicker();
      await this.#crew.close();
      await counting();
    }
  }

  /** Everything is acknowledged when it resolves; the pages of "/". */
  async #send(): Promise<BlobRef[]> {
    const { state } = this.#options;
    await this.#tree.push({ kind: 'enter' });
    await this.#walk.run({
      crew: this.#crew,
      content: this.#content,
      emit: (event) => this.#tree.push(event),
      reuseChunk: (digest) => state.chunks.reuseChunk(digest),
      onEntry: () => this.#checkpoint(),
    });
    await this.#content.flush();
    const root = await this.#tree.finish();
    await this.#uploader.drain();
    return root;
  }

  async #commit(root: readonly BlobRef[]): Promise<BackupResult> {
    const { parent } = this.#walk;
    if (this.#options.skipIfUnchanged && parent && (await this.#walk.isUnchanged(root))) {
      await this.#walk.keepMarks(parent.id);
      return {
        ...this.#summary(root),
        snapshotId: parent.id,
        skipped: true,
        unchanged: true,
        logHolders: [],
      };
    }
    const index = await this.#writeIndex();
    this.#noteCopies();
    const snapshot = this.#snapshot(root);
    await requirePresent(this.#options.state, this.#options.store, this.#options.signal);
    const { holders } = await commitLog({ ...this.#options, announcement: { snapshot, index, forgets: [] } });
    const id = snapshotId(encodeSnapshot(snapshot));
    await this.#walk.keepMarks(id);
    return { ...this.#summary(root), snapshotId: id, skipped: false, logHolders: holders };
  }

  #summary(root: readonly BlobRef[]): Omit<BackupResult, 'snapshotId' | 'skipped' | 'logHolders'> {
    const { stats } = this.#uploader;
    return {
      ...summaryOf(this.#walk, {
        root,
        stats,
        durationMs: this.#options.clock.monotonicMs() - this.#startedMs,
      }),
      copiesMin: this.#copiesMin,
      chunksPerHolder: stats.chunksPerHolder,
    };
  }

  #snapshot(root: readonly BlobRef[]): Snapshot {
    const { host, user, tags, device, program } = this.#options;
    const { tally, namedPaths, parent } = this.#walk;
    const { files, directories, links, specials, bytes } = tally;
    return {
      time: this.#startedAt,
      host,
      user,
      paths: namedPaths,
      tags: [...(tags ?? [])],
      root,
      stats: { files, directories, links: links + specials, bytes },
      device: device.id,
      program,
      ...(parent ? { parent: parent.id } : {}),
    };
  }

  /** In a very long run: adds what was sent to the log without a snapshot, so that it does not expire on the holders (L2). */
  #checkpoint(): Promise<void> | undefined {
    const { clock, checkpointBytes = CHECKPOINT_BYTES, checkpointMs = CHECKPOINT_MS } = this.#options;
    const { sealedBytes } = this.#uploader.stats;
    if (sealedBytes === this.#checkpointBytes) return undefined;
    const due =
      sealedBytes - this.#checkpointBytes >= checkpointBytes ||
      clock.monotonicMs() - this.#checkpointMs >= checkpointMs;
    return due ? this.#addSent() : undefined;
  }

  async #addSent(): Promise<void> {
    const { clock, state, store, signal } = this.#options;
    const index: Digest[] = await this.#writeIndex();
    this.#noteCopies();
    this.#checkpointBytes = this.#uploader.stats.sealedBytes;
    this.#checkpointMs = clock.monotonicMs();
    try {
      await requirePresent(state, store, signal);
      await commitLog({ ...this.#options, announcement: { index, forgets: [] } });
    } catch (error) {
      // The entry is kept here and goes out with the next one; the chunks themselves are being acknowledged.
      if (!isVaultError(error, 'too-few-peers', 'unavailable')) throw error;
    }
  }

  #writeIndex(): Promise<Digest[]> {
    return writeIndex({ state: this.#options.state, crew: this.#crew, uploader: this.#uploader });
  }

  #noteCopies(): void {
    const fewest = this.#options.state.chunks.fewestHolders();
    if (fewest !== undefined) this.#copiesMin = Math.min(this.#copiesMin ?? fewest, fewest);
  }

  /**
   * How much there is, when asked to: about as much as in the earlier snapshot, or else counted beside a run that takes long enough for
   * somebody to wonder. The returned function ends it.
   */
  #count(): () => Promise<void> {
    const { estimate, clock } = this.#options;
    if (!estimate) return async () => undefined;
    const { parent } = this.#walk;
    if (parent) {
      this.#estimate.files = parent.snapshot.stats.files;
      this.#estimate.bytes = parent.snapshot.stats.bytes;
      return async () => undefined;
    }
    const stop = new AbortController();
    let counted: Promise<void> | undefined;
    const cancel = clock.schedule(COUNT_AFTER_MS, () => {
      const frontier = this.#walk.ahead?.frontier();
      counted =
        frontier && estimateRest(this.#estimate, frontier, this.#crew, this.#walk.chooser(), stop.signal);
      counted?.catch(() => undefined); // thrown by the await below, once the run has ended
    });
    return async () => {
      cancel();
      stop.abort();
      await counted;
    };
  }

  #progress(): BackupProgress {
    const { tally, currentPath } = this.#walk;
    const { stats } = this.#uploader;
    const counted = this.#options.estimate === true;
    return {
      filesDone: tally.files,
      bytesDone: tally.bytesDone,
      totalFiles: counted ? this.#estimate.files : undefined,
      totalBytes: counted ? this.#estimate.bytes : undefined,
      currentPath: shownPath(currentPath),
      chunksSent: stats.chunks,
      bytesSent: stats.sealedBytes,
      chunksPerHolder: stats.chunksPerHolder,
    };
  }
}

/**
 * A file that has changed since a snapshot was made is read again whatever it looks like (`isUnchanged`): a snapshot of the future would
 * hide what changes between two ticks of its run.
 */
function snapshotTime({ time, clock }: BackupOptions): number {
  const now = clock.now();
  if (time === undefined || time <= now) return time ?? now;
  throw new VaultError('usage', 'the time of a snapshot cannot lie in the future');
}
