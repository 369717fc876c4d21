/** A holder in memory that does with chunks what the logs say: keeps, moves to the trash, purges, takes back out (L2, L4). */
import { verify } from '../../src/crypto/ed25519.ts';
import { decodeLogEntry } from '../../src/format/log-entry.ts';
import { VaultError } from '../../src/model/errors.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import type { SealedChunk } from '../../src/store/chunk-store.ts';
import { MemoryHolder } from '../vault/memory-exchange.ts';
import { booksOf, type NaiveBooks } from './naive-books.ts';

/** Weeks that something nobody needs is kept. */
const PATIENCE = 2;

export class TrashHolder extends MemoryHolder {
  /** With the week in which it was last sent, asked for, or needed. */
  readonly #chunks = new Map<string, { readonly bytes: Uint8Array; week: number; sent: boolean }>();
  #week = 0;
  #books: NaiveBooks = booksOf([]);
  #booksVersion = 0;
  /** Grows with every entry and every purge. */
  version = 0;

  get books(): NaiveBooks {
    if (this.#booksVersion !== this.version) {
      this.#books = booksOf([...this.logs.values()].map(({ entries }) => entries));
      this.#booksVersion = this.version;
    }
    return this.#books;
  }

  override append(bytes: Uint8Array): void {
    const { device, sequence } = decodeLogEntry(bytes, verify);
    const end = this.books.ends.get(keyOf(device));
    if (end !== undefined && sequence >= end) throw new VaultError('denied', 'that device is retired');
    super.append(bytes);
    this.version++;
  }

  /** Appends, after bringing the log up to date from others as the exchange does; the error when it refuses. */
  take(entries: readonly Uint8Array[], others: readonly TrashHolder[]): VaultError | undefined {
    const [first] = entries;
    if (!first) return undefined;
    try {
      const { device, sequence } = decodeLogEntry(first, verify);
      for (const other of others.filter(({ away }) => !away)) {
        const log = other.logs.get(keyOf(device))?.entries ?? [];
        const here = this.logs.get(keyOf(device))?.entries.length ?? 0;
        for (const bytes of log.slice(here, Math.max(here, sequence))) this.append(bytes);
      }
      for (const bytes of entries) this.append(bytes);
      return undefined;
    } catch (error) {
      if (error instanceof VaultError) return error;
      throw error;
    }
  }

  put({ digest, bytes }: SealedChunk): void {
    this.#chunks.set(keyOf(digest), { bytes: bytes.slice(), week: this.#week, sent: true });
  }

  get(digest: Digest): Uint8Array | undefined {
    return this.#chunks.get(keyOf(digest))?.bytes.slice();
  }

  keeps(chunk: string): boolean {
    return this.#chunks.has(chunk);
  }

  /** Rot, theft, a purge before its time. */
  lose(digest: Digest): void {
    this.#chunks.delete(keyOf(digest));
    this.version++;
  }

  /** All that takes room here. */
  get stored(): readonly string[] {
    return [...this.#chunks.keys()];
  }

  has(digest: Digest, trash = false): boolean {
    const chunk = this.#chunks.get(keyOf(digest));
    if (!chunk) return false;
    const there = this.books.live.has(keyOf(digest)) || chunk.sent || !this.books.named.has(keyOf(digest));
    if (there) chunk.week = this.#week;
    return there || trash;
  }

  /** All that others know of the logs, as far as it fits. */
  learn(others: readonly TrashHolder[]): void {
    for (const other of others) {
      for (const { device, entries } of other.logs.values()) {
        const here = this.logs.get(keyOf(device))?.entries.length ?? 0;
        const end = this.books.ends.get(keyOf(device)) ?? entries.length;
        for (const bytes of entries.slice(here, end)) this.append(bytes);
      }
    }
  }

  /** Live chunks that are not here, from whoever has them. */
  fetch(others: readonly TrashHolder[]): void {
    for (const key of this.books.live) {
      if (this.#chunks.has(key)) continue;
      const digest = new Uint8Array(Buffer.from(key, 'hex'));
      const bytes = others.map((other) => other.get(digest)).find((found) => found !== undefined);
      if (bytes) this.#chunks.set(key, { bytes, week: this.#week, sent: false });
    }
  }

  weekPasses(): void {
    this.#week++;
    for (const [key, chunk] of this.#chunks) {
      if (this.books.live.has(key)) {
        chunk.week = this.#week;
        chunk.sent = false;
      } else if (chunk.week <= this.#week - PATIENCE) this.#chunks.delete(key);
    }
    this.version++;
  }
}
