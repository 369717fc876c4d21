/** Copies snapshots of another vault into this one, each a commit of its own: killed anywhere, the next run goes on (L2). */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { Snapshot } from '../format/snapshot.ts';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ChunkReader, ChunkStore } from '../store/chunk-store.ts';
import { commitLog, requireActive } from '../vault/commit-log.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { FindContent } from './content-writer.ts';
import { CopiedPlaces } from './copied-places.ts';
import { CopyContents } from './copy-contents.ts';
import { CopySource } from './copy-source.ts';
import { copyTree } from './copy-tree.ts';
import type { Crew } from './crew.ts';
import { OpenedChunks } from './opened-chunks.ts';
import type { CountingLookup } from './present-now.ts';
import { recheckPending } from './recheck-pending.ts';
import { requirePresent } from './require-present.ts';
import { TreeQueue } from './tree-queue.ts';
import { TreeReader } from './tree-reader.ts';
import { TreeWriter } from './tree-writer.ts';
import type { TwinPages } from './twin-folder.ts';
import { unforgotten } from './unforgotten.ts';
import { beginUpkeep, type UpkeepOptions } from './upkeep.ts';
import { Uploader, type UploadStats } from './upload.ts';
import { writeIndex } from './write-index.ts';

/** Of the vault that it goes to, but for `source`. */
export interface CopierOptions extends UpkeepOptions {
  readonly source: { readonly reader: ChunkReader; readonly keys: VaultKeys };
  readonly store: ChunkStore & CountingLookup;
  readonly clock: Clock;
  /** Seals; reads no files. */
  readonly crew: Crew;
  readonly bundleBytes?: number | undefined;
}

/** A snapshot of the other vault and what this device has made of it before, of the same host and paths. */
export interface EarlierCopy {
  readonly from: SnapshotRecord;
  readonly to: SnapshotRecord;
}

export interface CopiedSnapshot {
  readonly record: Pick<SnapshotRecord, 'id' | 'snapshot'>;
  /** That took the log entry. */
  readonly logHolders: readonly PeerName[];
}

const SHORT_ID = 8;

/** For several snapshots, one after the other: what they share is read once. */
export class SnapshotCopier {
  readonly #options: CopierOptions;
  readonly #source: CopySource;
  readonly #here: TreeReader;
  readonly #places: CopiedPlaces;
  readonly #forgotten: ReadonlySet<string>;
  readonly stats: UploadStats = { chunks: 0, plainBytes: 0, sealedBytes: 0, chunksPerHolder: new Map() };
  /** Of the snapshot that is being copied. */
  filesDone = 0;
  bytesDone = 0;
  /** Of chunks sent in the snapshot that is being copied. */
  #sending: UploadStats | undefined;
  /** The fewest holders that took one of the chunks sent; `undefined` before the first. */
  copiesMin: number | undefined;

  /** Call after `syncLog` with a reader. */
  constructor(options: CopierOptions) {
    const { source, reader, keys, state, signal } = options;
    this.#options = options;
    this.#source = new CopySource(source.reader, source.keys, signal ? { signal } : {});
    this.#here = new TreeReader(new OpenedChunks(reader, keys));
    this.#places = new CopiedPlaces(state.chunks);
    this.#forgotten = new Set(state.forgotten().map(({ id }) => id));
  }

  /** Sealed bytes that were sent until now. */
  get bytesSent(): number {
    return this.stats.sealedBytes + (this.#sending?.sealedBytes ?? 0);
  }

  /** Before the first `copy`. Throws 'denied', 'too-few-peers', 'unavailable'. */
  async begin(): Promise<void> {
    const { state, device, store, signal } = this.#options;
    requireActive(state, device);
    await beginUpkeep(this.#options);
    await recheckPending(state, store, signal);
  }

  /**
   * `parent`: what this vault has of the snapshot's parent. A snapshot that cannot be read is no error: it is returned why, nothing of it was
   * announced, and others can be copied. Throws 'too-few-peers', 'no-space', 'lost' (what was sent is gone again), 'denied'.
   */
  async copy(
    record: SnapshotRecord,
    known: { readonly twin?: EarlierCopy | undefined; readonly parent?: string | undefined },
  ): Promise<CopiedSnapshot | { readonly unreadable: VaultError }> {
    const { state } = this.#options;
    this.filesDone = 0;
    this.bytesDone = 0;
    state.chunks.beginRun();
    this.#places.beginRun();
    const twin = state.chunks.someLost() ? undefined : known.twin;
    try {
      const root = await this.#send(record.snapshot, twin && twinOf(twin));
      return await this.#commit(record, root, known.parent);
    } catch (error) {
      this.#places.forgetRun();
      this.#options.signal?.throwIfAborted();
      if (!this.#source.isFailure(error)) throw error;
      const text = `snapshot ${record.id.slice(0, SHORT_ID)} cannot be read, so it was not copied: ${error.message}`;
      return { unreadable: new VaultError(error.code, text, { cause: error }) };
    }
  }

  /** Everything is acknowledged when it resolves; the pages of "/". */
  async #send({ root }: Snapshot, twin: TwinPages | undefined): Promise<readonly BlobRef[]> {
    const { state, keys, crew, signal } = this.#options;
    const uploader = new Uploader(this.#options);
    this.#sending = uploader.stats;
    const find: FindContent = (kind, id) => state.chunks.reuse(kind, id);
    const onBytes = (bytes: number): void => {
      this.bytesDone += bytes;
    };
    const contents = new CopyContents({
      ...this.#options,
      source: this.#source,
      sink: uploader,
      find,
      places: this.#places,
      onBytes,
    });
    const writer = new TreeWriter({ keys, crew, sink: uploader, find });
    const tree = new TreeQueue({ writer, onFull: () => contents.flush() });
    try {
      await tree.push({ kind: 'enter' });
      const twins = { from: this.#source.tree, to: this.#here, wait: signal ? { signal } : {} };
      const onFile = (): void => {
        this.filesDone++;
      };
      const { chunks: books } = state;
      const parts = { source: this.#source, contents, tree, books, twins, onKnown: onBytes, onFile, signal };
      await copyTree(parts, root, twin);
      await contents.flush();
      const pages = await tree.finish();
      await uploader.drain();
      return pages;
    } catch (error) {
      contents.abandon(error);
      await uploader.abandon(error);
      await tree.stop();
      throw error;
    } finally {
      this.#count(uploader.stats);
    }
  }

  async #commit(
    { id: original, snapshot }: SnapshotRecord,
    root: readonly BlobRef[],
    parent: string | undefined,
  ): Promise<CopiedSnapshot> {
    const { state, store, crew, device, signal } = this.#options;
    const uploader = new Uploader(this.#options);
    const index = await writeIndex({ state, crew, uploader });
    this.#count(uploader.stats);
    const fewest = state.chunks.fewestHolders();
    if (fewest !== undefined) this.copiesMin = Math.min(this.copiesMin ?? fewest, fewest);
    await requirePresent(state, store, signal);
    const { parent: _, ...said } = snapshot;
    const copy = { ...said, root, device: device.id, original, ...(parent === undefined ? {} : { parent }) };
    const named = unforgotten(copy, this.#forgotten);
    const announcement = { snapshot: named.snapshot, index, forgets: [] };
    const { holders } = await commitLog({ ...this.#options, announcement });
    return { record: named, logHolders: holders };
  }

  #count({ chunks, plainBytes, sealedBytes, chunksPerHolder }: UploadStats): void {
    const { stats } = this;
    this.#sending = undefined;
    stats.chunks += chunks;
    stats.plainBytes += plainBytes;
    stats.sealedBytes += sealedBytes;
    for (const [peer, count] of chunksPerHolder)
      stats.chunksPerHolder.set(peer, (stats.chunksPerHolder.get(peer) ?? 0) + count);
  }
}

function twinOf({ from, to }: EarlierCopy): TwinPages {
  return { from: from.snapshot.root, to: to.snapshot.root };
}
