/**
 * Everything a peer keeps for others: the vaults it holds, each with chunks, logs, members and books, under one quota.
 *
 * Layout below `folder`: vaults/<vault id as base32>/{chunks,logs,table}; see disk-store.ts, log-store.ts, table-store.ts,
 * recruit-store.ts. The books (vault-books.ts) are a cache beside it that every open makes anew from these folders.
 * Folder names are made from ids of exactly 32 bytes and from nothing else. A vault has a folder once it has something in it.
 */
import { join } from 'node:path';
import { assert, VaultError } from '../model/errors.ts';
import { idText, KEY_BYTES, keyOf, type PeerName, parseIdText, type VaultId } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { Budget } from './budget.ts';
import { HolderBooks } from './holder-books.ts';
import { type Damaged, emptyHolding, type HoldingOptions, openHolding } from './open-holding.ts';
import type { Occupancy } from './quota.ts';
import type { VaultHolding } from './vault-holding.ts';

export type { VaultHolding } from './vault-holding.ts';

export interface HoldingsOptions {
  readonly disk: Disk;
  /** Absolute; made when there is something to keep. */
  readonly folder: string;
  readonly self: PeerName;
  /** Hard limit for all that is kept, logs, trash and quarantine included. */
  readonly capacityBytes: number;
  /** What must stay free on the disk. */
  readonly floorBytes: number;
  /** Files of chunks, those in trash and quarantine included. */
  readonly maxChunks?: number;
  /** The same limits for each single vault. Default: none. */
  readonly maxVaultBytes?: number;
  readonly maxVaultChunks?: number;
  /** A member of the mesh can invent vaults; this many and no more. Default 4096. */
  readonly maxVaults?: number;
  readonly clock: Clock;
  /** A file outside of `disk` for the books, removed and made anew here. Default: in memory, which grows with the number of chunks. */
  readonly booksPath?: string;
  /** A put or `has` renews a chunk that no log names when it is older than this (L2). Default: a day. Far less than the expiry. */
  readonly renewMs?: number;
  /** Told of each damaged chunk, log entry ("device.number"), table or recruitments found, after it has been quarantined. */
  readonly onDamage?: (vault: VaultId, what: Damaged, name: string) => void;
}

export interface VaultSummary {
  readonly vault: VaultId;
  readonly chunks: number;
  readonly chunkBytes: number;
  /** Dropped, and kept until their retention ends (L4). */
  readonly trashChunks: number;
  readonly trashBytes: number;
  readonly quarantinedChunks: number;
  readonly devices: number;
  readonly logEntries: number;
  readonly logBytes: number;
  /** Of the newest holder table seen. */
  readonly tableVersion: number | undefined;
}

export interface HoldingsUsage {
  readonly vaults: number;
  /** In their places, without trash and quarantine. */
  readonly chunks: number;
  readonly trashBytes: number;
  /** All that counts against the capacity: chunks, logs, tables, trash, quarantine. */
  readonly bytes: number;
  readonly capacityBytes: number;
  /** What would still be accepted as chunks, by the last look at the disk (see `measure`). */
  readonly freeBytes: number;
}

export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #budget: Budget;
  readonly #books: HolderBooks;
  readonly #vaults = new Map<string, VaultHolding>();

  private constructor(options: HoldingsOptions) {
    this.#options = options;
    const { capacityBytes, floorBytes, maxChunks, clock, disk, folder, booksPath } = options;
    this.#books = HolderBooks.open(booksPath);
    this.#budget = new Budget({
      capacityBytes,
      floorBytes,
      maxChunks,
      clock,
      occupied: () => this.#occupied(),
      space: () => disk.space(folder),
    });
  }

  /** Sweeps, counts and replays what is there: time grows with the number of chunks, memory does not if the books lie in a file. */
  static async open(options: HoldingsOptions): Promise<Holdings> {
    const holdings = new Holdings(options);
    try {
      for (const name of await options.disk.list(join(options.folder, 'vaults'))) {
        const vault = parseIdText(name);
        if (!vault || idText(vault) !== name) continue;
        holdings.#vaults.set(keyOf(vault), await openHolding(holdings.#optionsOf(vault)));
      }
      holdings.#books.built();
      await holdings.measure();
      return holdings;
    } catch (error) {
      holdings.close();
      throw error;
    }
  }

  /** Ends the books: whatever needs them throws 'closed' from now on. Calling it twice is harmless. */
  close(): void {
    this.#books.close();
  }

  /** The vaults of which something is kept here: those to announce (M3). */
  vaults(): readonly VaultId[] {
    return this.summaries().map(({ vault }) => vault);
  }

  /** For each vault of which something is kept here: how much. */
  summaries(): readonly VaultSummary[] {
    return [...this.#vaults.values()]
      .map(summaryOf)
      .filter((s) => s.chunks + s.trashChunks + s.logEntries > 0 || s.tableVersion !== undefined);
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
        { data: { limit: 'vaults', maxVaults } },
      );
    }
    const holding = emptyHolding(this.#optionsOf(vault.slice()));
    this.#vaults.set(keyOf(vault), holding);
    return holding;
  }

  usage(): HoldingsUsage {
    const { chunkBytes, logBytes } = this.#occupied();
    const summaries = this.summaries();
    return {
      vaults: summaries.length,
      chunks: summaries.reduce((sum, vault) => sum + vault.chunks, 0),
      trashBytes: summaries.reduce((sum, vault) => sum + vault.trashBytes, 0),
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

  #optionsOf(vault: VaultId): HoldingOptions {
    const { disk, folder, self, clock, maxVaultBytes, maxVaultChunks, renewMs, onDamage } = this.#options;
    return {
      disk,
      folder: join(folder, 'vaults', idText(vault)),
      vault,
      self,
      clock,
      books: this.#books.vault(vault),
      budget: this.#budget,
      maxVaultBytes,
      maxVaultChunks,
      renewMs,
      onDamage: (what, name) => onDamage?.(vault, what, name),
    };
  }

  #occupied(): Occupancy {
    const sum = { chunks: 0, chunkBytes: 0, logBytes: 0 };
    for (const holding of this.#vaults.values()) {
      const { chunks, chunkBytes, logBytes } = holding.occupied();
      sum.chunks += chunks;
      sum.chunkBytes += chunkBytes;
      sum.logBytes += logBytes;
    }
    return sum;
  }
}

function summaryOf(holding: VaultHolding): VaultSummary {
  const chunks = holding.chunks.usage();
  const logs = holding.logs.usage();
  return {
    vault: holding.vault,
    chunks: chunks.chunks,
    chunkBytes: chunks.bytes,
    trashChunks: chunks.trashChunks,
    trashBytes: chunks.trashBytes,
    quarantinedChunks: chunks.quarantinedChunks,
    devices: logs.devices,
    logEntries: logs.entries,
    logBytes: logs.bytes,
    tableVersion: holding.table.newest()?.table.version,
  };
}
