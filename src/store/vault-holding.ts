/** What a peer holds of one vault: its chunks, its logs, who its members are, and the books that tie them together. */
import type { VaultId } from '../model/ids.ts';
import type { HeldChunks } from './held-chunks.ts';
import type { LogStore } from './log-store.ts';
import type { Occupancy } from './quota.ts';
import type { RecruitStore } from './recruit-store.ts';
import type { TableStore } from './table-store.ts';
import type { VaultBooks } from './vault-books.ts';

export interface HoldingParts {
  readonly vault: VaultId;
  /** Under the quotas of the vault and of the peer. */
  readonly chunks: HeldChunks;
  readonly logs: LogStore;
  readonly table: TableStore;
  readonly recruits: RecruitStore;
  readonly books: VaultBooks;
}

export class VaultHolding implements HoldingParts {
  readonly vault: VaultId;
  readonly chunks: HeldChunks;
  readonly logs: LogStore;
  readonly table: TableStore;
  readonly recruits: RecruitStore;
  /** Always in step with `chunks` and `logs`. */
  readonly books: VaultBooks;

  constructor({ vault, chunks, logs, table, recruits, books }: HoldingParts) {
    this.vault = vault;
    this.chunks = chunks;
    this.logs = logs;
    this.table = table;
    this.recruits = recruits;
    this.books = books;
  }

  /**
   * Resolves when the entry is durable and in the books; the files of chunks follow with the next tidying (see tidy.ts). Throws as
   * `LogStore.append` does.
   */
  append(entry: Uint8Array): Promise<'added' | 'known'> {
    return this.logs.append(entry);
  }

  /** What all of it takes on the disk. */
  occupied(): Occupancy {
    const usage = this.chunks.usage();
    return {
      chunks: usage.chunks + usage.trashChunks + usage.quarantinedChunks,
      chunkBytes: usage.bytes + usage.trashBytes + usage.quarantinedBytes,
      logBytes: this.logs.heldBytes() + this.table.usage() + this.recruits.usage(),
    };
  }
}
