/** Is everything there that the snapshots need, and, if asked, does it read back from every holder? (S4, R4) */
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { Reach } from '../backup/reach.ts';
import { canOpen } from '../crypto/vault-keys.ts';
import { type CheckedChunk, type CheckedCopies, CopyChecker } from '../maintenance/check-copies.ts';
import { CopyCount } from '../maintenance/copy-count.ts';
import { VaultError } from '../model/errors.ts';
import { cidText, type Digest, keyOf, type PeerName } from '../model/ids.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { checkChunks } from './check-chunks.ts';
import { chooseSubset } from './check-subset.ts';
import { requireRight } from './require-right.ts';
import { findSnapshot } from './snapshot-info.ts';
import type { CheckOptions, CheckProgress, CheckReport } from './upkeep-types.ts';
import { accusedIn, countedHolders } from './vault-status.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

const MAX_ERRORS = 10_000;
const SHORT_ID = 8;

/** A keeper checks chunks, everybody else snapshots. Throws 'not-found', 'ambiguous', 'usage', 'denied', 'unavailable' when nobody answers. */
export async function checkVault(work: VaultWork, options: CheckOptions): Promise<CheckReport> {
  if (canOpen(work.home.logKeys)) return await new VaultCheck(work, options).run();
  if (options.snapshots)
    requireRight(work.home, 'read', 'look into snapshots; name none, to check all chunks of the vault');
  return await checkChunks(work, options);
}

class VaultCheck {
  readonly #work: VaultWork;
  readonly #options: CheckOptions;
  readonly #startMs: number;
  readonly #errors: PathProblem[] = [];
  #errorCount = 0;

  constructor(work: VaultWork, options: CheckOptions) {
    this.#work = work;
    this.#options = options;
    this.#startMs = work.surroundings.clock.monotonicMs();
  }

  async run(): Promise<CheckReport> {
    const { state, session, home, wait } = this.#work;
    const all = state.snapshots();
    const { snapshots: names } = this.#options;
    const records = names ? [...new Set(names.map((name) => findSnapshot(all, name)))] : all;
    const ranking = await session.rank(wait);
    const reach = await this.#walk(records);
    const reached = countedHolders(this.#work, ranking);
    const accused = accusedIn(this.#work, await session.askHolders(wait));
    const holders = reached.filter(({ peer }) => !accused.has(peer));
    const digests = Array.from({ length: reach.chunks.size }, (_, number) => reach.chunks.at(number));
    const count = await CopyCount.ask(digests, holders, wait);
    // Who failed audits counts for nothing (R4), but may prove itself here, and may have the last copy.
    const claims = accused.size === 0 ? count : await CopyCount.ask(digests, reached, wait);
    const silent = new Set([
      ...ranking.leftOut.filter(({ reason }) => reason === 'unreachable').map(({ facts }) => facts.peer),
      ...claims.silent,
    ]);
    const complete =
      accused.size === 0 && session.table?.members.every(({ peer }) => !silent.has(peer)) === true;
    await this.#reportAbsent(records, count, complete ? 'lost' : 'unavailable');
    const read = await this.#read(reach, claims);
    return {
      errors: this.#errors,
      errorCount: this.#errorCount,
      chunksOnly: false,
      snapshots: records.length,
      trees: reach.trees,
      chunks: reach.chunks.size,
      chunksShort: count.short(session.table?.copies ?? home.copies).length,
      ...read,
      durationMs: this.#elapsedMs(),
      ok: this.#errorCount === 0,
    };
  }

  async #walk(records: readonly SnapshotRecord[]): Promise<Reach> {
    const { session, home, wait } = this.#work;
    const reach = new Reach(new OpenedChunks(session.readingStore(), home.keys));
    for (const [done, { id, snapshot }] of records.entries()) {
      this.#tell({ stage: 'snapshots', done, total: records.length, bytesDone: 0 });
      await reach.add(
        snapshot.root,
        ({ path, error }) => this.#fault(`${id.slice(0, SHORT_ID)}:${path}`, error),
        wait,
      );
    }
    this.#tell({ stage: 'snapshots', done: records.length, total: records.length, bytesDone: 0 });
    return reach;
  }

  /** Says of each chunk that nobody has which file needs it. */
  async #reportAbsent(
    records: readonly SnapshotRecord[],
    count: CopyCount,
    code: 'lost' | 'unavailable',
  ): Promise<void> {
    const absent = new Set(count.absent().map(keyOf));
    if (absent.size === 0) return;
    const { session, home, wait } = this.#work;
    let short = '';
    const name = (digest: Digest, path: string): void => {
      if (!absent.has(keyOf(digest))) return;
      const what = code === 'lost' ? 'is on no holder any more' : 'is on no holder that answers now';
      this.#fault(`${short}:${path}`, new VaultError(code, `chunk ${cidText(digest)} ${what}`));
    };
    const reach = new Reach(new OpenedChunks(session.readingStore(), home.keys), name);
    for (const { id, snapshot } of records) {
      short = id.slice(0, SHORT_ID);
      await reach.add(snapshot.root, () => undefined, wait);
    }
  }

  async #read(reach: Reach, count: CopyCount): Promise<CheckedCopies> {
    const { readData = false, subset } = this.#options;
    if (!readData && subset === undefined) return { chunksRead: 0, bytesRead: 0, copiesVerified: 0 };
    const { state, session, home, surroundings, wait } = this.#work;
    const sizeOf = (digest: Digest): number => state.chunks.sizeOf(digest);
    const chosen = chooseSubset(reach.chunks, subset, surroundings.random, sizeOf);
    const totalBytes = chosen.reduce((sum, number) => sum + sizeOf(reach.chunks.at(number)), 0);
    let [done, bytesDone] = [0, 0];
    const total = chosen.length;
    const tell = (): void => this.#tell({ stage: 'data', done, total, bytesDone, totalBytes });
    tell();
    const checker = new CopyChecker({
      keys: home.keys,
      reader: session.readingStore(),
      proverOf: (peer) => session.remoteOf(peer),
      random: surroundings.random,
      onFault: ({ digest, peer, error }) => this.#fault(this.#place(digest, peer), error),
      onRead: (bytes) => {
        done++;
        bytesDone += bytes;
        tell();
      },
      ...wait,
    });
    return await checker.check(chunksOf(reach, count, chosen));
  }

  #place(digest: Digest, peer: PeerName | undefined): string {
    return peer === undefined ? cidText(digest) : this.#work.session.nameOf(peer);
  }

  #fault(path: string, { code, message }: VaultError): void {
    this.#errorCount++;
    if (this.#errors.length < MAX_ERRORS) this.#errors.push({ path, code, message });
  }

  #tell(progress: Omit<CheckProgress, 'elapsedMs' | 'errors'>): void {
    this.#options.onProgress?.({ ...progress, elapsedMs: this.#elapsedMs(), errors: this.#errorCount });
  }

  #elapsedMs(): number {
    return this.#work.surroundings.clock.monotonicMs() - this.#startMs;
  }
}

/** Those that nobody has are reported already. */
function* chunksOf(reach: Reach, count: CopyCount, chosen: Uint32Array): Generator<CheckedChunk> {
  for (const number of chosen) {
    const digest = reach.chunks.at(number);
    const holders = count.holdersOf(digest);
    if (holders.length > 0) yield { digest, kind: reach.kindOf(number), holders };
  }
}
