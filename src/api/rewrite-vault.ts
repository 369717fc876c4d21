/** Takes out of snapshots what should never have been in them, or corrects their host or time: new ones beside the old, or in their place (L4). */

import { bytesOfPath } from '../backup/byte-path.ts';
import { pathText } from '../backup/path-text.ts';
import { type Rewritten, SnapshotRewriter } from '../backup/rewrite-snapshot.ts';
import type { UpkeepOptions } from '../backup/upkeep.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { chooseSnapshots } from './choose-snapshots.ts';
import { countedHoldersOf } from './copies-reached.ts';
import type { RewriteOptions, RewriteReport, RewrittenSnapshot } from './history-types.ts';
import { mayChange } from './may-change.ts';
import { infoOf } from './snapshot-info.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import { accusedIn } from './vault-status.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** Where new folders go, and whose copies of them count. */
interface Outlet {
  readonly store: MeshStore;
  readonly ranking: Ranking | undefined;
}

/**
 * One snapshot that cannot be read does not stop the others. Throws 'usage', 'not-found', 'ambiguous', 'denied' (one of an append-only
 * device is named), 'too-few-peers', 'no-space'.
 */
export async function rewriteVault(work: VaultWork, options: RewriteOptions): Promise<RewriteReport> {
  const { state, surroundings, warn } = work;
  const { dryRun = false, newTimeMs } = options;
  if (newTimeMs !== undefined && newTimeMs > surroundings.clock.now())
    throw new VaultError('usage', 'the time of a snapshot cannot lie in the future');
  const outlet = dryRun ? undefined : await outletOf(work);
  const upkeep = await syncForUpkeep(work);
  const records = chooseSnapshots(state.snapshots(), options.snapshots, options);
  const named = (options.snapshots?.length ?? 0) > 0;
  const hint = 'Forget it as a whole, with "vault forget", or exclude more there.';
  const rule = { named, warn, stays: 'it stays', hint };
  const wanted = records.filter((record) => mayChange(record, rule));
  const run = upkeep && new RewriteRun(work, upkeep, options, outlet);
  return (await run?.all(wanted)) ?? emptyReport(work, options);
}

async function outletOf(work: VaultWork): Promise<Outlet> {
  const { session, home, wait } = work;
  const ranking = await session.planHolders(home.copies, wait);
  const accused = accusedIn(work, await session.askHolders(wait));
  return { store: session.writingStore(accused, 'auto'), ranking };
}

function emptyReport({ home }: VaultWork, { dryRun = false, forget = false }: RewriteOptions): RewriteReport {
  const { copies } = home;
  const nothing = { changed: [], unchanged: 0, problems: [], chunksAdded: 0, dataAddedSealed: 0 };
  return { dryRun, forget, ...nothing, copiesTarget: copies, copiesMin: copies };
}

class RewriteRun {
  readonly #work: VaultWork;
  readonly #options: RewriteOptions;
  readonly #ranking: Ranking | undefined;
  readonly #rewriter: SnapshotRewriter;
  readonly #startMs: number;
  #copiesMin: number;

  constructor(work: VaultWork, upkeep: UpkeepOptions, options: RewriteOptions, outlet: Outlet | undefined) {
    const { surroundings, session, home } = work;
    const { excludes, excludesAnyCase, newHost: host, newTimeMs: time, onRemoved } = options;
    const { forget = false, dryRun = false } = options;
    this.#work = work;
    this.#options = options;
    this.#ranking = outlet?.ranking;
    this.#startMs = surroundings.clock.monotonicMs();
    this.#copiesMin = home.copies;
    this.#rewriter = new SnapshotRewriter({
      ...upkeep,
      store: outlet?.store ?? session.readingStore(),
      clock: surroundings.clock,
      copies: home.copies,
      wish: {
        excludes,
        excludesAnyCase,
        host,
        time,
        forget,
        dryRun,
        onRemoved:
          onRemoved &&
          ((path, node) =>
            onRemoved({
              path: pathText(bytesOfPath(path)),
              type: node.type,
              bytes: node.type === 'file' ? node.size : 0,
            })),
      },
    });
  }

  async all(records: readonly SnapshotRecord[]): Promise<RewriteReport> {
    const changed: RewrittenSnapshot[] = [];
    const problems: PathProblem[] = [];
    this.#tell(0, records.length);
    const readable: SnapshotRecord[] = [];
    for (const record of records) {
      const planned = await this.#guarded(record, problems, () => this.#rewriter.plan(record));
      if (planned) readable.push(record);
    }
    if (this.#options.dryRun !== true && readable.length > 0) await this.#rewriter.begin();
    for (const [done, record] of readable.entries()) {
      this.#tell(done, readable.length);
      const rewritten = await this.#guarded(record, problems, () => this.#rewriter.rewrite(record));
      if (rewritten?.result) changed.push(this.#told(record, rewritten.result));
    }
    const { stats, copiesMin = Number.POSITIVE_INFINITY } = this.#rewriter;
    return {
      ...emptyReport(this.#work, this.#options),
      changed,
      unchanged: records.length - changed.length - problems.length,
      problems,
      chunksAdded: stats.chunks,
      dataAddedSealed: stats.sealedBytes,
      copiesMin: Math.min(this.#copiesMin, copiesMin),
    };
  }

  #tell(done: number, total: number): void {
    const elapsedMs = this.#work.surroundings.clock.monotonicMs() - this.#startMs;
    this.#options.onProgress?.({ elapsedMs, done, total });
  }

  /** `undefined` for a snapshot that cannot be read. */
  async #guarded<T>(
    { id }: SnapshotRecord,
    problems: PathProblem[],
    work: () => Promise<T>,
  ): Promise<{ readonly result: T } | undefined> {
    const { signal } = this.#work.wait;
    signal?.throwIfAborted();
    try {
      return { result: await work() };
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error, 'unavailable', 'lost', 'corrupt')) throw error;
      problems.push({ path: id, code: error.code, message: error.message });
      return undefined;
    }
  }

  #told(
    record: SnapshotRecord,
    { snapshot, id, removed, moved, forgotten, logHolders }: Rewritten,
  ): RewrittenSnapshot {
    if (logHolders && this.#ranking) {
      const counted = countedHoldersOf(this.#work, this.#ranking, logHolders).length;
      this.#copiesMin = Math.min(this.#copiesMin, counted);
    }
    const { id: _, ...now } = infoOf({ ...record, snapshot });
    return { was: infoOf(record), now, ...(id === undefined ? {} : { id }), removed, moved, forgotten };
  }
}
