/** The snapshots of a mounted vault, kept up to date while it is mounted, without keeping other programs of this machine from the vault. */
import { toHex } from '../model/bytes.ts';
import { type ErrorCode, isVaultError } from '../model/errors.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { syncLog } from '../vault/sync-log.ts';
import type { VaultWork } from './vault-work.ts';

/** A look at a list does not wait longer for news than this; they are there at the next one. */
const PATIENCE_MS = 2000;
const PASSING: ReadonlySet<string> = new Set<ErrorCode>([
  'locked',
  'unavailable',
  'too-few-peers',
  'timeout',
]);

export class MountBooks implements ChunkReader {
  readonly #work: VaultWork;
  readonly #refreshMs: number;
  readonly #leaving = new AbortController();
  #records: readonly SnapshotRecord[];
  #store: MeshStore;
  /** What the store was opened for. */
  #table: unknown;
  #shown = '';
  #askedMs: number;
  #asking: Promise<void> | undefined;

  /** The books of `work` may be closed: they are opened again when the holders have something new, and only for that. */
  constructor(work: VaultWork, records: readonly SnapshotRecord[], refreshMs: number) {
    this.#work = work;
    this.#refreshMs = refreshMs;
    this.#records = records;
    this.#table = work.session.table;
    this.#store = work.session.readingStore();
    this.#askedMs = work.surroundings.clock.monotonicMs();
  }

  get(digest: Uint8Array, options?: WaitOptions): Promise<Uint8Array | undefined> {
    return this.#store.get(digest, options);
  }

  /** Oldest first; the newest that the holders show, unless they take too long. Never throws. */
  async snapshots(): Promise<readonly SnapshotRecord[]> {
    const { clock } = this.#work.surroundings;
    const nowMs = clock.monotonicMs();
    if (!this.#asking && nowMs - this.#askedMs >= this.#refreshMs) {
      this.#askedMs = nowMs;
      this.#asking = this.#refresh().finally(() => {
        this.#asking = undefined;
      });
    }
    if (this.#asking) {
      const enough = new AbortController();
      const patience = clock.sleep(PATIENCE_MS, enough.signal).catch(() => undefined);
      await Promise.race([this.#asking, patience]);
      enough.abort();
    }
    return this.#records;
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#asking;
  }

  async #refresh(): Promise<void> {
    const wait = { signal: this.#leaving.signal };
    try {
      await this.#work.session.meetAgain(wait);
      this.#openStore();
      await this.#readLogs(wait);
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      if (!isVaultError(error)) throw error;
      // A backup is running here, or nobody answers: what is known stays, and the next look asks again.
      if (!PASSING.has(error.code)) this.#work.warn(error.message);
    }
  }

  #openStore(): void {
    const { session } = this.#work;
    if (session.table === this.#table) return;
    this.#table = session.table;
    this.#store = session.readingStore();
  }

  /** Opens the books only when a log has grown: who has them open keeps a backup of this machine from beginning. */
  async #readLogs(wait: WaitOptions): Promise<void> {
    const { session, surroundings, home, warn } = this.#work;
    const holders = await session.exchange.heads(wait);
    const heads = holders.flatMap((holder) =>
      holder.heads.map(({ device, next, hash }) => `${toHex(device)} ${next} ${toHex(hash)}`),
    );
    const shown = [...new Set(heads)].sort().join('\n');
    if (holders.length === 0 || shown === this.#shown) return;
    const state = surroundings.openState(home);
    try {
      const result = await syncLog({ state, keys: home.logKeys, exchange: session.exchange, ...wait });
      for (const problem of result.problems) warn(problem.message);
      this.#records = state.snapshots();
      this.#shown = shown;
    } finally {
      state.close();
    }
  }
}
