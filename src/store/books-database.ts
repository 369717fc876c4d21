/**
 * The SQLite file under a holder's books: a cache, made anew at every open, so it is written without journal and without
 * fsync. Its page cache is bounded; what does not fit lies in the file. After its first failure it refuses everything.
 */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { VaultError } from '../model/errors.ts';
import { makeFolders } from '../runtime/make-folders.ts';

export type BooksRow = Record<string, SQLOutputValue>;

const IN_MEMORY = ':memory:';
const CACHE_KIB = 8192;

const SCHEMA = `
CREATE TABLE entries (
  device INTEGER NOT NULL, sequence INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (device, sequence)) WITHOUT ROWID;
CREATE TABLE chunks (
  vault INTEGER NOT NULL, digest BLOB NOT NULL,
  added INTEGER NOT NULL,   -- the largest size that a log gives it; 0: in no log yet
  adders BLOB,              -- devices that have added it and not dropped it, retired or not: four bytes each, in order
  keeping INTEGER NOT NULL, size INTEGER NOT NULL, since INTEGER NOT NULL,
  state INTEGER NOT NULL,   -- follows from the others; see chunk-state.ts
  PRIMARY KEY (vault, digest)) WITHOUT ROWID;
`;

/** Only chunks that need attention are in it: on a healthy holder nearly none. */
const RESTLESS = 'CREATE INDEX restless ON chunks (vault, state, since) WHERE state >= 2';

export class BooksDatabase {
  readonly #db: DatabaseSync;
  readonly #path: string;
  #failure: VaultError | undefined;

  private constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** Removes what is at `path` first. Throws 'io', 'no-space'. */
  static open(path: string = IN_MEMORY): BooksDatabase {
    let db: DatabaseSync | undefined;
    try {
      if (path !== IN_MEMORY) {
        makeFolders(dirname(path), 0o700);
        for (const file of [path, `${path}-journal`, `${path}-wal`]) rmSync(file, { force: true });
      }
      db = new DatabaseSync(path);
      db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;');
      // Never committed: pages are written only when the cache is full, and nobody else reads them.
      db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = FILE; BEGIN; ${SCHEMA}`);
      return new BooksDatabase(db, path);
    } catch (cause) {
      db?.close();
      throw failureOf(path, cause);
    }
  }

  /** Call once, when everything that was there at the start is in the books: building an index at once is cheaper. */
  index(): void {
    this.#guarded(() => this.#db.exec(RESTLESS));
  }

  prepare(sql: string): BooksStatement {
    const statement = this.#guarded(() => this.#db.prepare(sql));
    return new BooksStatement(statement, (work) => this.#guarded(work));
  }

  /** Gives file and memory free; calling it twice is harmless. */
  close(): void {
    this.#failure ??= new VaultError('closed', "the peer's books are closed");
    if (this.#db.isOpen) this.#db.close();
    if (this.#path !== IN_MEMORY) rmSync(this.#path, { force: true });
  }

  #guarded<T>(work: () => T): T {
    if (this.#failure) throw this.#failure;
    try {
      return work();
    } catch (cause) {
      this.#failure = failureOf(this.#path, cause);
      throw this.#failure;
    }
  }
}

type Guard = <T>(work: () => T) => T;

export class BooksStatement {
  readonly #inner: StatementSync;
  readonly #guard: Guard;

  constructor(inner: StatementSync, guard: Guard) {
    this.#inner = inner;
    this.#guard = guard;
  }

  run(...values: SQLInputValue[]): void {
    this.#guard(() => this.#inner.run(...values));
  }

  get(...values: SQLInputValue[]): BooksRow | undefined {
    return this.#guard(() => this.#inner.get(...values));
  }

  all(...values: SQLInputValue[]): BooksRow[] {
    return this.#guard(() => this.#inner.all(...values));
  }
}

const FULL = 13;

function failureOf(path: string, cause: unknown): VaultError {
  const full = cause instanceof Error && 'errcode' in cause && (Number(cause.errcode) & 0xff) === FULL;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VaultError(full ? 'no-space' : 'io', `the peer's books at ${path} cannot be used: ${why}`, {
    hint: 'Start the peer again: they are made anew from what it keeps; no chunk is affected.',
    cause,
  });
}
