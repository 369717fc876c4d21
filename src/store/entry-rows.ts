/** Which entries have been applied to the books, by the hashes of their bytes; and the numbers that stand for devices there. */
import type { Digest } from '../model/ids.ts';
import type { BooksDatabase, BooksStatement } from './books-database.ts';

export class EntryRows {
  readonly #get: BooksStatement;
  readonly #put: BooksStatement;
  #devices = 0;

  constructor(db: BooksDatabase) {
    this.#get = db.prepare('SELECT hash FROM entries WHERE device = ? AND sequence = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?)');
  }

  newDevice(): number {
    return this.#devices++;
  }

  hashOf(device: number, sequence: number): Digest | undefined {
    const hash = this.#get.get(device, sequence)?.hash;
    return hash instanceof Uint8Array ? hash : undefined;
  }

  put(device: number, sequence: number, hash: Digest): void {
    this.#put.run(device, sequence, hash);
  }
}
