/**
 * The books of everything a peer keeps: a SQLite cache that is deleted and rebuilt at every open, so nothing in it can disagree
 * with the disk for longer than one run. Memory does not grow with the number of chunks when it lies in a file.
 */
import { keyOf, type VaultId } from '../model/ids.ts';
import { BooksDatabase } from './books-database.ts';
import { ChunkRows, type ChunkStatements, chunkStatements } from './chunk-rows.ts';
import { EntryRows } from './entry-rows.ts';
import { VaultBooks } from './vault-books.ts';

export class HolderBooks {
  readonly #db: BooksDatabase;
  readonly #statements: ChunkStatements;
  readonly #entries: EntryRows;
  readonly #vaults = new Map<string, VaultBooks>();

  private constructor(db: BooksDatabase) {
    this.#db = db;
    this.#statements = chunkStatements(db);
    this.#entries = new EntryRows(db);
  }

  /** Empty; what is at `path` is removed first. Default: in memory. Throws 'io', 'no-space'. */
  static open(path?: string): HolderBooks {
    return new HolderBooks(BooksDatabase.open(path));
  }

  vault(vault: VaultId): VaultBooks {
    const known = this.#vaults.get(keyOf(vault));
    if (known) return known;
    const books = new VaultBooks(new ChunkRows(this.#statements, this.#vaults.size), this.#entries);
    this.#vaults.set(keyOf(vault), books);
    return books;
  }

  /** Call once, after what lay on the disk has been noted and applied. */
  built(): void {
    this.#db.index();
  }

  close(): void {
    this.#db.close();
  }
}
