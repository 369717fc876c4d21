/**
 * Everything a peer keeps for others: the vaults it holds, each with chunks, logs and holder table, under one quota.
 *
 * Layout below `folder`: vaults/<vault id as base32>/{chunks,logs,table}; see disk-store.ts, log-store.ts, table-store.ts.
 * Folder names are made from ids of exactly 32 bytes and from nothing else. A vault has a folder once it has something in it.
 */
import { join } from 'node:path';
import { assert, VaultError } from '../model/errors.ts';
import { cidText, idText, KEY_BYTES, keyOf, type PeerName, parseIdText, type VaultId } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { Budget, type Occupancy, type Release } from './budget.ts';
import { DiskStore, type DiskStoreOptions } from './disk-store.ts';
import type { HeldChunks } from './held-chunks.ts';
import { LogStore, type LogStoreOptions } from './log-store.ts';
import { QuotaStore } from './quota-store.ts';
import { TableStore, type TableStoreOptions } from './table-store.ts';

export interface HoldingsOptions {
  readonly disk: Disk;
  /** Absolute; made when there is something to keep. */
  readonly folder: string;
  readonly self: PeerName;
  /** Hard limit for all that is kept, logs and quarantine included. */
  readonly capacityBytes: number;
  /** What must stay free on the disk. */
  readonly floorBytes: number;
  readonly maxChunks?: number;
  /** A member of the mesh can invent vaults; this many and no more. Default 4096. */
  readonly maxVaults?: number;
  readonly clock: Clock;
  /** Told of each damaged chunk, log entry ("device.number") or table found, after it has been quarantined. */
  readonly onDamage?: (vault: VaultId, what: 'chunk' | 'log' | 'table', name: string) => void;
}

/** What this peer holds of one vault. */
export interface VaultHolding {
  readonly vault: VaultId;
  readonly chunks: HeldChunks;
  readonly logs: LogStore;
  readonly table: TableStore;
}

export interface VaultSummary {
  readonly vault: VaultId;
  readonly chunks: number;
  readonly chunkBytes: number;
  readonly quarantinedChunks: number;
  readonly devices: number;
  readonly logEntries: number;
  readonly logBytes: number;
  /** Of the newest holder table seen. */
  readonly tableVersion: number | undefined;
}

export interface HoldingsUsage {
  readonly vaults: number;
  readonly chunks: number;
  /** All that counts against the capacity: chunks, logs, tables, quarantine. */
  readonly bytes: number;
  readonly capacityBytes: number;
  /** What would still be accepted as chunks, by the last look at the disk (see `measure`). */
  readonly freeBytes: number;
}

export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #budget: Budget;
  readonly #vaults = new Map<string, VaultHolding>();

  private constructor(options: HoldingsOptions) {
    this.#options = options;
    const { capacityBytes, floorBytes, maxChunks, clock, disk, folder } = options;
    this.#budget = new Budget({
      capacityBytes,
      floorBytes,
      ...(maxChunks === undefined ? {} : { maxChunks }),
      clock,
      occupied: () => this.#occupied(),
      space: () => disk.space(folder),
    });
  }

  /** Sweeps and counts what is there: time grows with the number of chunks, memory does not. */
  static async open(options: HoldingsOptions): Promise<Holdings> {
    const holdings = new Holdings(options);
    for (const name of await options.disk.list(join(options.folder, 'vaults'))) {
      const vault = parseIdText(name);
      if (vault && idText(vault) === name) await holdings.#openVault(vault);
    }
    await holdings.measure();
    return holdings;
  }

  /** The vaults of which something is kept here: those to announce (M3). */
  vaults(): readonly VaultId[] {
    return this.summaries().map(({ vault }) => vault);
  }

  /** For each vault of which something is kept here: how much. */
  summaries(): readonly VaultSummary[] {
    return [...this.#vaults.values()]
      .map(summaryOf)
      .filter((s) => s.chunks + s.logEntries > 0 || s.tableVersion !== undefined);
  }

  /** What is held of one vault; `undefined` when nothing is and `create` is not set. Throws 'no-space' at `maxVaults`. */
  vault(vault: VaultId, create: true): VaultHolding;
  vault(vault: VaultId, create?: boolean): VaultHolding | undefined;
  vault(vault: VaultId, create = false): VaultHolding | undefined {
    const known = this.#vaults.get(keyOf(vault));
    if (known || !create) return known;
    assert(vault.length === KEY_BYTES, 'a vault id that is not 32 bytes');
    const { maxVaults = 4096 } = this.#options;
    if (this.#vaults.size >= maxVaults) {
      throw new VaultError(
        'no-space',
        `this peer keeps ${maxVaults} vaults, its limit; nothing was stored of another one`,
      );
    }
    const { disk } = this.#options;
    const plan = this.#planOf(vault.slice());
    return this.#adopt(plan, {
      chunks: DiskStore.empty(plan.chunks),
      logs: LogStore.empty(disk, plan.logsFolder, plan.vault, plan.logs),
      table: TableStore.empty(disk, plan.tableFolder, plan.vault, plan.table),
    });
  }

  usage(): HoldingsUsage {
    const { chunks, chunkBytes, logBytes } = this.#occupied();
    return {
      vaults: this.vaults().length,
      chunks,
      bytes: chunkBytes + logBytes,
      capacityBytes: this.#options.capacityBytes,
      freeBytes: this.#budget.acceptableBytes(),
    };
  }

  /** Looks at the disk now, so that `usage` tells what is free at this moment (M4). */
  async measure(): Promise<HoldingsUsage> {
    await this.#budget.measure();
    return this.usage();
  }

  async #openVault(vault: VaultId): Promise<void> {
    const { disk } = this.#options;
    const plan = this.#planOf(vault);
    this.#adopt(plan, {
      chunks: await DiskStore.open(plan.chunks),
      logs: await LogStore.open(disk, plan.logsFolder, vault, plan.logs),
      table: await TableStore.open(disk, plan.tableFolder, vault, plan.table),
    });
  }

  #adopt(plan: VaultPlan, stores: Omit<VaultHolding, 'vault'>): VaultHolding {
    const holding = { ...stores, vault: plan.vault, chunks: new QuotaStore(stores.chunks, this.#budget) };
    this.#vaults.set(keyOf(plan.vault), holding);
    return holding;
  }

  #planOf(vault: VaultId): VaultPlan {
    const { disk, folder, self, onDamage } = this.#options;
    const home = join(folder, 'vaults', idText(vault));
    const admit = (bytes: number): Promise<Release> => this.#budget.reserve(bytes, 'log');
    return {
      vault,
      chunks: {
        disk,
        folder: join(home, 'chunks'),
        self,
        onDamage: (digest) => onDamage?.(vault, 'chunk', cidText(digest)),
      },
      logsFolder: join(home, 'logs'),
      logs: {
        admit,
        onDamage: (device, sequence) => onDamage?.(vault, 'log', `${idText(device)}.${sequence}`),
      },
      tableFolder: join(home, 'table'),
      table: { admit, onDamage: () => onDamage?.(vault, 'table', 'newest') },
    };
  }

  #occupied(): Occupancy {
    let chunks = 0;
    let chunkBytes = 0;
    let logBytes = 0;
    for (const holding of this.#vaults.values()) {
      const usage = holding.chunks.usage();
      chunks += usage.chunks;
      chunkBytes += usage.bytes + usage.quarantinedBytes;
      logBytes += holding.logs.usage().bytes + holding.table.usage();
    }
    return { chunks, chunkBytes, logBytes };
  }
}

/** How the stores of one vault are set up. */
interface VaultPlan {
  readonly vault: VaultId;
  readonly chunks: DiskStoreOptions;
  readonly logsFolder: string;
  readonly logs: LogStoreOptions;
  readonly tableFolder: string;
  readonly table: TableStoreOptions;
}

function summaryOf(holding: VaultHolding): VaultSummary {
  const chunks = holding.chunks.usage();
  const logs = holding.logs.usage();
  return {
    vault: holding.vault,
    chunks: chunks.chunks,
    chunkBytes: chunks.bytes,
    quarantinedChunks: chunks.quarantinedChunks,
    devices: logs.devices,
    logEntries: logs.entries,
    logBytes: logs.bytes,
    tableVersion: holding.table.newest()?.table.version,
  };
}
