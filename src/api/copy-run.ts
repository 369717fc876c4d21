/** The copying itself, snapshot by snapshot: holders chosen and told, books up to date, then one commit after the other. */

import { fullBundleBytes } from '../backup/content-writer.ts';
import type { CopiedBefore } from '../backup/copied-before.ts';
import { type EarlierCopy, SnapshotCopier } from '../backup/copy-snapshot.ts';
import type { Crew } from '../backup/crew.ts';
import { startTicker } from '../backup/progress-ticker.ts';
import { VaultError } from '../model/errors.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { countedHoldersOf } from './copies-reached.ts';
import type { CopyProgress, CopyReport, SnapshotCopied } from './copy-types.ts';
import { chunksSent } from './holder-copies.ts';
import { infoOf } from './snapshot-info.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import { accusedIn } from './vault-status.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

export interface CopyRunOptions {
  readonly reading: VaultWork;
  readonly writing: VaultWork;
  readonly before: CopiedBefore;
  /** All of the vault that is read, oldest first. */
  readonly records: readonly SnapshotRecord[];
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

interface Outlet {
  readonly store: MeshStore;
  readonly ranking: Ranking;
  readonly copier: SnapshotCopier;
  readonly crew: Crew;
}

export class CopyRun {
  readonly #options: CopyRunOptions;
  readonly #outlet: Outlet;
  readonly #startMs: number;
  /** Ids of snapshots that were copied, and of what they are now. */
  readonly #done = new Map<string, SnapshotRecord>();
  readonly #problems: PathProblem[] = [];
  #snapshotsDone = 0;
  #filesDone = 0;
  #bytesDone = 0;
  #copiesMin: number;

  private constructor(options: CopyRunOptions, outlet: Outlet) {
    this.#options = options;
    this.#outlet = outlet;
    this.#startMs = options.writing.surroundings.clock.monotonicMs();
    this.#copiesMin = options.writing.home.copies;
  }

  /** Throws 'too-few-peers', 'no-space', 'denied', 'rollback', 'forgery'. */
  static async begin(options: CopyRunOptions): Promise<CopyRun> {
    const { reading, writing } = options;
    const { session, home, wait, surroundings } = writing;
    const ranking = await session.planHolders(home.copies, wait);
    const accused = accusedIn(writing, await session.askHolders(wait));
    const store = session.writingStore(accused, 'auto');
    const upkeep = await syncForUpkeep(writing); // again: holders that are new need the logs
    if (!upkeep) throw new VaultError('too-few-peers', 'no peer keeps this vault, so nothing was copied');
    const { clock, bundleBytes } = surroundings;
    const crew = surroundings.crew(surroundings.fileSource(), home.keys, {
      bundleBytes: fullBundleBytes(bundleBytes),
    });
    const source = { reader: reading.session.readingStore(), keys: reading.home.keys };
    const copier = new SnapshotCopier({ ...upkeep, source, store, clock, crew, bundleBytes });
    return new CopyRun(options, { store, ranking, copier, crew });
  }

  /** Oldest first. */
  async all(wanted: readonly SnapshotRecord[]): Promise<Omit<CopyReport, 'known'>> {
    const { onProgress, writing } = this.#options;
    const { copier, crew, store } = this.#outlet;
    const { clock } = writing.surroundings;
    const stop = startTicker(clock, onProgress && (() => onProgress(this.#progress(wanted))));
    const copied: SnapshotCopied[] = [];
    try {
      await copier.begin();
      for (const record of wanted) {
        const id = await this.#copy(record);
        if (id !== undefined) copied.push({ from: infoOf(record), id });
      }
    } finally {
      stop();
      await crew.close();
    }
    const { stats, copiesMin = Number.POSITIVE_INFINITY } = copier;
    return {
      dryRun: false,
      copied,
      problems: this.#problems,
      chunksAdded: stats.chunks,
      dataAdded: stats.plainBytes,
      dataAddedSealed: stats.sealedBytes,
      durationMs: clock.monotonicMs() - this.#startMs,
      copiesTarget: writing.home.copies,
      copiesMin: Math.min(this.#copiesMin, copiesMin),
      holders: chunksSent(writing.session, store),
    };
  }

  /** `undefined` for one that cannot be read. */
  async #copy(record: SnapshotRecord): Promise<string | undefined> {
    const { writing } = this.#options;
    const { copier, ranking } = this.#outlet;
    writing.wait.signal?.throwIfAborted();
    const twin = this.#twinOf(record);
    const done = await copier.copy(record, { twin, parent: this.#parentOf(record) });
    this.#snapshotsDone++;
    this.#filesDone += record.snapshot.stats.files;
    this.#bytesDone += record.snapshot.stats.bytes;
    copier.filesDone = 0;
    copier.bytesDone = 0;
    if ('unreadable' in done) {
      const { code, message } = done.unreadable;
      this.#problems.push({ path: record.id, code, message });
      return undefined;
    }
    const { id } = done.record;
    const made = writing.state.snapshots().find((one) => one.id === id);
    if (made) this.#done.set(record.id, made);
    const counted = countedHoldersOf(writing, ranking, done.logHolders).length;
    this.#copiesMin = Math.min(this.#copiesMin, counted);
    return id;
  }

  /** The nearest before it, else after it, of the same host and paths, that this device has copied itself. */
  #twinOf(record: SnapshotRecord): EarlierCopy | undefined {
    const { records, writing } = this.#options;
    const own = new Map(
      writing.state
        .snapshots()
        .filter((one) => writing.state.isOwn(one))
        .map((one) => [one.snapshot.original, one]),
    );
    const { host, paths } = infoOf(record);
    const like = records.filter(
      (one) => one.snapshot.host === host && infoOf(one).paths.join('\n') === paths.join('\n'),
    );
    const at = like.indexOf(record);
    for (const from of [...like.slice(0, Math.max(0, at)).reverse(), ...like.slice(at + 1)]) {
      const to = own.get(from.id);
      if (to) return { from, to };
    }
    return undefined;
  }

  #parentOf({ snapshot: { parent } }: SnapshotRecord): string | undefined {
    if (parent === undefined) return undefined;
    const { records, before } = this.#options;
    const known = records.find(({ id }) => id === parent);
    return (this.#done.get(parent) ?? (known && before.copyOf(known)))?.id;
  }

  #progress(wanted: readonly SnapshotRecord[]): CopyProgress {
    const { writing } = this.#options;
    const { copier, store } = this.#outlet;
    const now = wanted[this.#snapshotsDone]?.snapshot.stats;
    const { clock } = writing.surroundings;
    return {
      elapsedMs: clock.monotonicMs() - this.#startMs,
      snapshotsDone: this.#snapshotsDone,
      snapshotsTotal: wanted.length,
      filesDone: this.#filesDone + Math.min(copier.filesDone, now?.files ?? 0),
      bytesDone: this.#bytesDone + Math.min(copier.bytesDone, now?.bytes ?? 0),
      totalBytes: wanted.reduce((sum, { snapshot }) => sum + snapshot.stats.bytes, 0),
      bytesStored: copier.bytesSent,
      copies: chunksSent(writing.session, store),
    };
  }
}
