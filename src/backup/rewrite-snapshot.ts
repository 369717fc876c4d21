/** Makes snapshots without what patterns leave out, or with another host or time, in the place of those that are there, or beside them (C6, L4). */
import { sealChunk } from '../crypto/chunk-cipher.ts';
import type { Snapshot } from '../format/snapshot.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { Digest, PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ChunkStore } from '../store/chunk-store.ts';
import { requireActive } from '../vault/commit-log.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { isAsSafe } from './as-safe.ts';
import type { BytePath } from './byte-path.ts';
import { checkDescription } from './check-description.ts';
import type { Crew } from './crew.ts';
import { ContentMover } from './move-content.ts';
import { OpenedChunks } from './opened-chunks.ts';
import type { CountingLookup } from './present-now.ts';
import { recheckPending } from './recheck-pending.ts';
import { announceSuccessor } from './replace-snapshot.ts';
import { requirePresent } from './require-present.ts';
import { type RewrittenTree, rewriteTree } from './rewrite-tree.ts';
import { type TreeCounts, TreeExclusion } from './tree-exclusion.ts';
import { TreeReader } from './tree-reader.ts';
import { TreeWriter } from './tree-writer.ts';
import { unforgotten } from './unforgotten.ts';
import { announceForgets, beginUpkeep, type UpkeepOptions } from './upkeep.ts';
import { Uploader, type UploadStats } from './upload.ts';
import { writeIndex } from './write-index.ts';

/** What the copy of a snapshot is marked with while the old one stays, as restic does it. */
const REWRITE_TAG = 'rewrite';

export interface RewriteWish {
  readonly excludes?: readonly string[] | undefined;
  readonly excludesAnyCase?: readonly string[] | undefined;
  readonly host?: string | undefined;
  /** Milliseconds since 1970. */
  readonly time?: number | undefined;
  /** Forgets the old ones, each as soon as the new one has as many copies. */
  readonly forget: boolean;
  /** Only looks what would go. */
  readonly dryRun: boolean;
  readonly onRemoved?: ((path: BytePath, node: TreeNode) => void) | undefined;
}

export interface RewriterOptions extends UpkeepOptions {
  readonly store: ChunkStore & CountingLookup;
  readonly clock: Clock;
  /** Copies that the vault wants of everything. */
  readonly copies: number;
  readonly wish: RewriteWish;
}

export interface Rewritten {
  /** What it says now, or would say. */
  readonly snapshot: Snapshot;
  /** `undefined` in a dry run. */
  readonly id: string | undefined;
  readonly removed: TreeCounts;
  /** Files that lie in other chunks now, or would, as they shared one with what goes. */
  readonly moved: TreeCounts;
  /** The old one is gone. */
  readonly forgotten: boolean;
  /** That took the log entry; none when there was nothing to say. */
  readonly logHolders: readonly PeerName[] | undefined;
}

const NOTHING: TreeCounts = { files: 0, directories: 0, links: 0, specials: 0, bytes: 0 };
const SHORT_ID = 8;

/** For several snapshots, one after the other: what they share is looked at once. */
export class SnapshotRewriter {
  readonly #options: RewriterOptions;
  readonly #reader: TreeReader;
  readonly #exclusion: TreeExclusion;
  readonly #mover: ContentMover;
  readonly #crew: Pick<Crew, 'seal'>;
  readonly #live: Set<string>;
  readonly #forgotten: Set<string>;
  readonly stats: UploadStats = { chunks: 0, plainBytes: 0, sealedBytes: 0, chunksPerHolder: new Map() };
  /** The fewest holders that took one of the chunks sent; `undefined` before the first. */
  copiesMin: number | undefined;

  /** Call after `syncLog` with a reader. Throws 'usage': a malformed pattern, a host that is too long. */
  constructor(options: RewriterOptions) {
    const { state, reader, keys, wish, signal } = options;
    this.#options = options;
    const chunks = new OpenedChunks(reader, keys);
    this.#reader = new TreeReader(chunks);
    this.#crew = { seal: async (kind, plain) => sealChunk(keys, kind, plain) };
    const wait = signal ? { signal } : {};
    this.#exclusion = new TreeExclusion({ ...wish, reader: this.#reader, wait });
    const isLeft = this.#exclusion.isLeft.bind(this.#exclusion);
    this.#mover = new ContentMover({ chunks, keys, books: state.chunks, isLeft, crew: this.#crew });
    this.#live = new Set(state.snapshots().map(({ id }) => id));
    this.#forgotten = new Set(state.forgotten().map(({ id }) => id));
  }

  /** Before the first `rewrite` that is no dry run. Throws 'denied', 'too-few-peers', 'unavailable'. */
  async begin(): Promise<void> {
    const { state, device, store, signal } = this.#options;
    requireActive(state, device);
    await beginUpkeep(this.#options);
    await recheckPending(state, store, signal);
  }

  /** Looks what goes from it: call for all that will be rewritten before the first is. Throws what reading a folder throws. */
  async plan(record: SnapshotRecord): Promise<TreeCounts | undefined> {
    const { root, paths } = record.snapshot;
    this.#exclusion.lookAt(paths);
    return await this.#reading(record, () => this.#exclusion.removedFrom('/', root));
  }

  /**
   * `undefined` when there is nothing to change in it. Killed anywhere, the vault has the old snapshot or the new one, or both. Throws
   * 'usage' (a description that no snapshot can have), 'unavailable', 'lost' or 'corrupt' when a folder cannot be read, 'too-few-peers', 'denied'.
   */
  async rewrite(record: SnapshotRecord): Promise<Rewritten | undefined> {
    const { dryRun, forget } = this.#options.wish;
    const removed = await this.plan(record);
    const { root } = record.snapshot;
    const moved = forget
      ? await this.#reading(record, () => this.#exclusion.sharingIn('/', root))
      : undefined;
    const changed = this.#described(record, removed ?? NOTHING);
    const sameTree = !removed && !moved;
    if (sameTree && changed.host === record.snapshot.host && changed.time === record.snapshot.time)
      return undefined;
    checkDescription(changed);
    const told = {
      removed: removed ?? NOTHING,
      moved: moved ?? NOTHING,
      id: undefined,
      logHolders: undefined,
    };
    if (dryRun) return { ...told, snapshot: changed, forgotten: forget };
    this.#options.state.chunks.beginRun();
    if (sameTree) return { ...told, ...(await this.#announce(record, changed, { index: [], fresh: [] })) };
    const { tree, index } = await this.#send(record);
    return {
      ...told,
      ...(await this.#announce(record, { ...changed, root: tree.root }, { index, fresh: tree.chunks })),
    };
  }

  #described({ id, snapshot }: SnapshotRecord, removed: TreeCounts): Snapshot {
    const { wish, device } = this.#options;
    const { files, directories, links, bytes } = snapshot.stats;
    const marked = wish.forget || snapshot.tags.includes(REWRITE_TAG);
    return {
      ...snapshot,
      tags: marked ? snapshot.tags : [...snapshot.tags, REWRITE_TAG],
      host: wish.host ?? snapshot.host,
      time: wish.time ?? snapshot.time,
      stats: {
        files: Math.max(0, files - removed.files),
        directories: Math.max(0, directories - removed.directories),
        // A snapshot counts pipes and devices with its links.
        links: Math.max(0, links - removed.links - removed.specials),
        bytes: Math.max(0, bytes - removed.bytes),
      },
      device: device.id,
      original: id,
    };
  }

  /** Everything is acknowledged when it resolves. */
  async #send(record: SnapshotRecord): Promise<{ readonly tree: RewrittenTree; readonly index: Digest[] }> {
    const { state, keys, store, wish, signal } = this.#options;
    const uploader = new Uploader(this.#options);
    const crew = this.#crew;
    const find = state.chunks.reuse.bind(state.chunks);
    const writer = new TreeWriter({ keys, crew, sink: uploader, find });
    const parts = { root: record.snapshot.root, reader: this.#reader, exclusion: this.#exclusion, writer };
    const move = wish.forget ? { mover: this.#mover, sink: uploader } : undefined;
    try {
      const tree = await this.#reading(record, () =>
        rewriteTree({ ...parts, move, ...(signal ? { wait: { signal } } : {}) }),
      );
      await uploader.drain();
      const index = await writeIndex({ state, crew, uploader });
      await requirePresent(state, store, signal);
      return { tree, index };
    } catch (error) {
      await uploader.abandon(error);
      this.#mover.forget(error);
      throw error;
    } finally {
      this.#count(uploader.stats);
    }
  }

  async #announce(
    record: SnapshotRecord,
    changed: Snapshot,
    { index, fresh }: { readonly index: readonly Digest[]; readonly fresh: readonly Digest[] },
  ): Promise<Pick<Rewritten, 'snapshot' | 'id' | 'forgotten' | 'logHolders'>> {
    const { snapshot, id } = unforgotten(changed, this.#forgotten);
    const known = this.#live.has(id);
    const successor = { snapshot, index, fresh, forgets: false };
    const logHolders = known ? undefined : await announceSuccessor(this.#options, record, successor);
    this.#live.add(id);
    return { snapshot, id, logHolders, forgotten: await this.#giveUp(record, fresh) };
  }

  /**
   * By an entry of its own, once holders have the one before: one entry for both would forget the old snapshot also when no holder took it and
   * the new one's chunks expired before the next run.
   */
  async #giveUp({ id, snapshot }: SnapshotRecord, fresh: readonly Digest[]): Promise<boolean> {
    const { store, copies, wish, signal } = this.#options;
    const old = snapshot.root.map(({ chunk }) => chunk);
    const gone = wish.forget && (await isAsSafe(store, { fresh, old, copies }, signal ? { signal } : {}));
    if (!gone) return false;
    await announceForgets(this.#options, [id]);
    this.#forgotten.add(id);
    this.#live.delete(id);
    return true;
  }

  async #reading<T>({ id }: SnapshotRecord, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!isVaultError(error, 'unavailable', 'lost', 'corrupt')) throw error;
      const text = `snapshot ${id.slice(0, SHORT_ID)} cannot be read, so it was not changed: ${error.message}`;
      throw new VaultError(error.code, text, { cause: error });
    }
  }

  #count({ chunks, plainBytes, sealedBytes, chunksPerHolder }: UploadStats): void {
    const { stats, copiesMin } = this;
    stats.chunks += chunks;
    stats.plainBytes += plainBytes;
    stats.sealedBytes += sealedBytes;
    for (const [peer, count] of chunksPerHolder)
      stats.chunksPerHolder.set(peer, (stats.chunksPerHolder.get(peer) ?? 0) + count);
    const fewest = this.#options.state.chunks.fewestHolders();
    if (fewest !== undefined) this.copiesMin = Math.min(copiesMin ?? fewest, fewest);
  }
}
