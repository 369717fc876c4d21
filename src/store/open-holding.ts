/** Sets up the stores of one vault, wired to its books and quotas, and replays what lies on the disk into the books. */
import { join } from 'node:path';
import { decodeLogEntry, entryHash } from '../format/log-entry.ts';
import { isVaultError } from '../model/errors.ts';
import { cidText, type DeviceId, idText, type PeerName, type VaultId } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Admit, Budget } from './budget.ts';
import { DiskStore, type DiskStoreOptions } from './disk-store.ts';
import { LogStore, type LogStoreOptions } from './log-store.ts';
import { Quota, VAULT_WORDS } from './quota.ts';
import { QuotaStore } from './quota-store.ts';
import { RecruitStore, type RecruitStoreOptions } from './recruit-store.ts';
import { TableStore, type TableStoreOptions } from './table-store.ts';
import type { VaultBooks } from './vault-books.ts';
import { VaultHolding } from './vault-holding.ts';

/** What was damaged on this holder's disk. */
export type Damaged = 'chunk' | 'log' | 'table';

export interface HoldingOptions {
  readonly disk: Disk;
  /** The vault's own. */
  readonly folder: string;
  readonly vault: VaultId;
  readonly self: PeerName;
  readonly clock: Clock;
  readonly books: VaultBooks;
  readonly budget: Budget;
  readonly maxVaultBytes: number | undefined;
  readonly maxVaultChunks: number | undefined;
  readonly renewMs: number | undefined;
  readonly onDamage: (what: Damaged, name: string) => void;
}

/** Entries replayed into the books at a time. */
const REPLAY_BYTES = 4 * MiB;

/** For a vault that has no folder yet. */
export function emptyHolding(options: HoldingOptions): VaultHolding {
  const { disk, vault } = options;
  const plan = new Plan(options);
  const table = TableStore.empty(disk, plan.tableFolder, vault, plan.table);
  const logs = LogStore.empty(disk, plan.logsFolder, vault, plan.logs);
  return plan.join(DiskStore.empty(plan.chunks), logs, table, RecruitStore.empty(plan.recruits(table)));
}

/** Sweeps, counts and replays what is there: time grows with the number of chunks, memory does not. */
export async function openHolding(options: HoldingOptions): Promise<VaultHolding> {
  const { disk, vault, books } = options;
  const plan = new Plan(options);
  const files = await DiskStore.open(plan.chunks);
  const logs = await LogStore.open(disk, plan.logsFolder, vault, plan.logs);
  for (const { device } of logs.heads()) await replay(logs, device, books);
  const table = await TableStore.open(disk, plan.tableFolder, vault, plan.table);
  return plan.join(files, logs, table, await RecruitStore.open(plan.recruits(table)));
}

/** A damaged entry ends its log here; what follows is replayed by `append` when it has been sent again. */
async function replay(logs: LogStore, device: DeviceId, books: VaultBooks): Promise<void> {
  for (let from = 0; ; ) {
    const entries = await readOn(logs, device, from);
    if (entries.length === 0) return;
    // reading has verified them
    for (const bytes of entries)
      books.apply(
        decodeLogEntry(bytes, () => true),
        entryHash(bytes),
      );
    from += entries.length;
  }
}

async function readOn(logs: LogStore, device: DeviceId, from: number): Promise<readonly Uint8Array[]> {
  try {
    return await logs.read(device, from, REPLAY_BYTES);
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return [];
    throw error;
  }
}

class Plan {
  readonly #options: HoldingOptions;
  readonly #share: Quota;
  readonly #admit: Admit;
  #holding: VaultHolding | undefined;

  constructor(options: HoldingOptions) {
    this.#options = options;
    const { budget, maxVaultBytes, maxVaultChunks } = options;
    this.#share = new Quota({
      capacityBytes: maxVaultBytes ?? Number.POSITIVE_INFINITY,
      maxChunks: maxVaultChunks,
      occupied: () => this.#holding?.occupied() ?? { chunks: 0, chunkBytes: 0, logBytes: 0 },
      words: VAULT_WORDS,
    });
    this.#admit = (bytes) => budget.reserve(bytes, 'log', this.#share);
  }

  get chunks(): DiskStoreOptions {
    const { disk, folder, self, clock, books, renewMs, onDamage } = this.#options;
    return {
      disk,
      folder: join(folder, 'chunks'),
      self,
      books,
      now: () => clock.now(),
      ...(renewMs === undefined ? {} : { renewMs }),
      onDamage: (digest) => onDamage('chunk', cidText(digest)),
    };
  }

  get logsFolder(): string {
    return join(this.#options.folder, 'logs');
  }

  get logs(): LogStoreOptions {
    const { books, onDamage } = this.#options;
    return {
      admit: this.#admit,
      onDamage: (device, sequence) => onDamage('log', `${idText(device)}.${sequence}`),
      onAdded: (entry, hash) => books.apply(entry, hash),
      retired: (device) => books.retired(device),
    };
  }

  get tableFolder(): string {
    return join(this.#options.folder, 'table');
  }

  get table(): TableStoreOptions {
    return { admit: this.#admit, onDamage: () => this.#options.onDamage('table', 'newest') };
  }

  recruits(table: TableStore): RecruitStoreOptions {
    const { disk, vault, onDamage } = this.#options;
    return {
      disk,
      folder: this.tableFolder,
      vault,
      table: () => table.newest(),
      admit: this.#admit,
      onDamage: () => onDamage('table', 'recruits'),
    };
  }

  join(files: DiskStore, logs: LogStore, table: TableStore, recruits: RecruitStore): VaultHolding {
    const { budget, vault, books } = this.#options;
    const chunks = new QuotaStore(files, (bytes) => budget.reserve(bytes, 'chunk', this.#share));
    this.#holding = new VaultHolding({ vault, chunks, logs, table, recruits, books });
    return this.#holding;
  }
}
