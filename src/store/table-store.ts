/** The newest holder table of one vault that this holder has seen, signed by the vault's key and durable (P3). */
import { join } from 'node:path';
import { verify } from '../crypto/ed25519.ts';
import {
  compareTables,
  decodeHolderTable,
  type HolderTable,
  MAX_TABLE_BYTES,
} from '../format/holder-table.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { VaultId } from '../model/ids.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Admit } from './budget.ts';
import { KeyedLock } from './keyed-lock.ts';

export interface KeptTable {
  readonly table: HolderTable;
  readonly bytes: Uint8Array;
}

export interface TableStoreOptions {
  /** Reserves room before a table is written. Default: no limit. */
  readonly admit?: Admit;
  /** Told when the stored table turned out to be damaged, after it has been quarantined. */
  readonly onDamage?: () => void;
}

/** Layout below `folder` (one vault's `table`): `newest`, and `damaged` after bit rot. */
export class TableStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #vault: VaultId;
  readonly #options: TableStoreOptions;
  readonly #lock = new KeyedLock();
  #newest: KeptTable | undefined;
  /** Whether this process wrote the newest: one that a killed process left is written again before it is acknowledged. */
  #settled = false;
  #damagedBytes = 0;

  private constructor(disk: Disk, folder: string, vault: VaultId, options: TableStoreOptions) {
    this.#disk = disk;
    this.#folder = folder;
    this.#vault = vault;
    this.#options = options;
  }

  /** For a vault that has no folder yet. */
  static empty(disk: Disk, folder: string, vault: VaultId, options: TableStoreOptions = {}): TableStore {
    return new TableStore(disk, folder, vault, options);
  }

  /** Sweeps what cut-off writes left; a damaged table is quarantined and counts as none, since other holders have it. */
  static async open(
    disk: Disk,
    folder: string,
    vault: VaultId,
    options: TableStoreOptions = {},
  ): Promise<TableStore> {
    await disk.sweep(folder);
    const store = new TableStore(disk, folder, vault, options);
    await store.#load();
    return store;
  }

  newest(): KeptTable | undefined {
    return this.#newest;
  }

  /**
   * Keeps `bytes` if they are newer than what is here (ties: the larger hash), and resolves when they are durable.
   * Throws 'corrupt' or 'forgery' when they are no table of this vault, 'no-space'.
   */
  async write(bytes: Uint8Array): Promise<'added' | 'known' | 'older'> {
    const table = this.#decode(bytes);
    return this.#lock.run('', async () => {
      const newest = this.#newest;
      const known = newest !== undefined && bytesEqual(newest.bytes, bytes);
      if (known && this.#settled) return 'known';
      if (newest && compareTables({ table, bytes }, newest) < 0) return 'older';
      const release = await this.#options.admit?.(bytes.length);
      try {
        await this.#disk.write(join(this.#folder, 'newest'), [bytes]);
        this.#newest = { table, bytes: bytes.slice() };
        this.#settled = true;
      } finally {
        release?.();
      }
      return known ? 'known' : 'added';
    });
  }

  /** Bytes on disk, a damaged table's included. */
  usage(): number {
    return (this.#newest?.bytes.length ?? 0) + this.#damagedBytes;
  }

  async #load(): Promise<void> {
    const path = join(this.#folder, 'newest');
    const damaged = join(this.#folder, 'damaged');
    try {
      const bytes = await this.#disk.read(path, MAX_TABLE_BYTES);
      if (bytes) this.#newest = { table: this.#decode(bytes), bytes };
    } catch (error) {
      if (!isVaultError(error, 'corrupt', 'forgery')) throw error;
      await this.#disk.move(path, damaged);
      this.#options.onDamage?.();
    }
    this.#damagedBytes = (await this.#disk.stat(damaged))?.size ?? 0;
  }

  #decode(bytes: Uint8Array): HolderTable {
    const table = decodeHolderTable(bytes, verify);
    if (bytesEqual(table.vault, this.#vault)) return table;
    throw new VaultError('forgery', 'this holder table belongs to another vault; it is not used');
  }
}
