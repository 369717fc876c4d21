/** One SQLite file that one process at a time writes: opened with its lock held, its schema in place, its vault checked. */
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { bytesEqual } from '../model/bytes.ts';
import { assert, VaultError } from '../model/errors.ts';
import type { VaultId } from '../model/ids.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import { databaseFailure, Statement } from './statement.ts';

const SCHEMA_VERSION = 3;

/** Which entry forgot it matters: those of a retired device that do not stand forget nothing. */
const FORGOTTEN = `CREATE TABLE forgotten (
  id TEXT NOT NULL, device INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (id, device, sequence)) WITHOUT ROWID;`;

const RETIREMENTS = `CREATE TABLE retirements (
  device INTEGER NOT NULL, sequence INTEGER NOT NULL,  -- the entry that says so
  target BLOB NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (device, sequence)) WITHOUT ROWID;`;

const LOST_CHUNKS = 'CREATE INDEX lost_chunks ON chunks (lost) WHERE lost = 1;';

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE devices (
  no INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
  next INTEGER NOT NULL DEFAULT 0,      -- entries kept here
  applied INTEGER NOT NULL DEFAULT 0,   -- entries that a holder has, whose effects are in the tables below
  hash BLOB NOT NULL,
  ends INTEGER);                        -- retired: so many of its entries stand, and its adds do not count
CREATE TABLE entries (
  device INTEGER NOT NULL, sequence INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (device, sequence));
CREATE TABLE snapshots (
  id TEXT PRIMARY KEY, device INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL);
${FORGOTTEN}
${RETIREMENTS}
CREATE TABLE indexes (digest BLOB PRIMARY KEY, loaded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, kind INTEGER NOT NULL DEFAULT 0,
  live INTEGER NOT NULL DEFAULT 0,      -- number of devices whose log has added and not dropped it (L1)
  mine INTEGER NOT NULL DEFAULT 0,      -- this device is one of them
  lost INTEGER NOT NULL DEFAULT 0);     -- holders were asked and have it no more: its content must be sent again
${LOST_CHUNKS}
CREATE TABLE adds (chunk INTEGER NOT NULL, device INTEGER NOT NULL, PRIMARY KEY (chunk, device)) WITHOUT ROWID;
CREATE TABLE blobs (
  chunk INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, id BLOB NOT NULL,
  PRIMARY KEY (chunk, offset)) WITHOUT ROWID;
CREATE INDEX blobs_by_id ON blobs (id);
CREATE TABLE pending (
  chunk INTEGER PRIMARY KEY, holders INTEGER NOT NULL, indexed INTEGER NOT NULL DEFAULT 0);
`;

/** Up to version 2, content was recognised by ids of another kind. */
const FORGET_CONTENT = `DELETE FROM blobs; ${LOST_CHUNKS}`;

/** From version 1, in which nothing was ever dropped or retired and only commits that failed forgot snapshots. */
const UPGRADE = `
ALTER TABLE devices ADD COLUMN ends INTEGER;
ALTER TABLE forgotten RENAME TO forgotten_1;
${FORGOTTEN}
INSERT INTO forgotten SELECT id, 0, 0 FROM forgotten_1;
DROP TABLE forgotten_1;
${RETIREMENTS}
`;

/** Forgotten when the process ends: chunks the present run refers to. */
const RUN_SCHEMA = 'CREATE TEMP TABLE used (chunk INTEGER PRIMARY KEY);';

export class StateDatabase {
  readonly #db: DatabaseSync;
  readonly #path: string;
  #depth = 0;
  /** Of `grouped`, not committed yet. */
  #waiting = 0;

  private constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** Throws 'locked' when another process has it, 'corrupt' when it is another vault's, 'io' (also when it is damaged), 'no-space'. */
  static open(path: string, vault: VaultId): StateDatabase {
    if (path !== ':memory:') makeFolders(dirname(path), 0o700);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(path, { timeout: 0 });
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      // A checkpoint waits for the disk, and `sync` makes one anyway.
      db.exec('PRAGMA wal_autocheckpoint = 16384;');
      db.exec('PRAGMA cache_size = -8192; PRAGMA temp_store = FILE; BEGIN IMMEDIATE;');
      prepareSchema(db, path, vault);
      db.exec('COMMIT;');
      db.exec(RUN_SCHEMA);
      return new StateDatabase(db, path);
    } catch (cause) {
      db?.close();
      throw cause instanceof VaultError ? cause : openFailure(path, cause);
    }
  }

  /** Of a damaged file, a full or a failing disk its methods say so: 'io', 'no-space'. */
  prepare(sql: string): Statement {
    return new Statement(this.#db.prepare(sql), this.#path);
  }

  /** All of `work` or nothing of it; may be nested. Survives a killed process once it returned; see `sync` for power cuts. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.settle();
    this.#exec('BEGIN');
    this.#depth++;
    try {
      const result = work();
      this.#exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#exec('ROLLBACK'); // SQLite has done so itself when the disk failed or was full
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /**
   * Like a transaction that survives a killed process only once `settle`, or any other transaction, was called: committing each costs
   * more than what is in it.
   */
  grouped(work: () => void): void {
    assert(this.#depth === 0, 'grouped work inside a transaction');
    if (this.#waiting === 0) this.#exec('BEGIN');
    this.#waiting++;
    this.#depth++;
    try {
      work();
    } catch (error) {
      this.#waiting = 0;
      if (this.#db.isTransaction) this.#exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
    }
  }

  settle(): void {
    if (this.#waiting === 0) return;
    this.#waiting = 0;
    this.#exec('COMMIT');
  }

  /** After it returns, everything before it also survives a power cut. */
  sync(): void {
    this.settle();
    this.#exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** Gives the lock back; calling it twice is harmless. */
  close(): void {
    if (!this.#db.isOpen) return;
    try {
      this.settle();
    } finally {
      this.#db.close();
    }
  }

  #exec(sql: string): void {
    try {
      this.#db.exec(sql);
    } catch (cause) {
      throw databaseFailure(this.#path, cause);
    }
  }
}

function prepareSchema(db: DatabaseSync, path: string, vault: VaultId): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version === 0) {
    db.exec(SCHEMA);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.prepare("INSERT INTO meta VALUES ('vault', ?)").run(vault);
    return;
  }
  if (version < 1 || version > SCHEMA_VERSION) {
    throw new VaultError('unsupported-version', `${path} was written by another version of this program`, {
      hint: 'Use that version, or move the file away: it is rebuilt from the holders.',
    });
  }
  const found = db.prepare("SELECT value FROM meta WHERE key = 'vault'").get()?.value;
  if (!(found instanceof Uint8Array && bytesEqual(found, vault))) {
    throw new VaultError('corrupt', `${path} belongs to another vault`, {
      hint: 'Move the file away: it is rebuilt from the holders.',
    });
  }
  if (version === SCHEMA_VERSION) return;
  db.exec(`${version === 1 ? UPGRADE : ''} ${FORGET_CONTENT} PRAGMA user_version = ${SCHEMA_VERSION};`);
}

function openFailure(path: string, cause: unknown): VaultError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/locked|busy/i.test(message)) {
    return new VaultError('locked', 'another process is using this vault on this machine', {
      hint: 'Wait until it has ended, then try again.',
      cause,
    });
  }
  const failure = databaseFailure(path, cause);
  return failure instanceof VaultError
    ? failure
    : new VaultError('io', `cannot open ${path}: ${message}`, { cause });
}
