/** The chunks of one vault in the books' database: rows by digest, and the few questions that the upkeep asks. */
import { type Digest, GROUPS } from '../model/ids.ts';
import type { BooksDatabase, BooksRow, BooksStatement } from './books-database.ts';
import type { Keeping, ListedChunk } from './books-types.ts';
import type { ChunkState } from './chunk-state.ts';
import { NO_DEVICES } from './device-list.ts';

/** What the books remember of one chunk; see the schema in books-database.ts. */
export interface ChunkRow {
  readonly added: number;
  readonly adders: Uint8Array;
  readonly keeping: Keeping;
  readonly size: number;
  readonly sinceMs: number;
}

export interface WaitingChunk extends ListedChunk {
  readonly sinceMs: number;
}

const SQL = {
  get: 'SELECT added, adders, keeping, size, since FROM chunks WHERE vault = ? AND digest = ?',
  put: `INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (vault, digest) DO UPDATE SET added = excluded.added,
    adders = excluded.adders, keeping = excluded.keeping, size = excluded.size, since = excluded.since, state = excluded.state`,
  remove: 'DELETE FROM chunks WHERE vault = ? AND digest = ?',
  missing: `SELECT digest, added AS size FROM chunks WHERE vault = ? AND state = 2 AND state >= 2 AND since = 0
    AND digest > ? AND digest < ? ORDER BY digest LIMIT ?`,
  kept: 'SELECT digest, size FROM chunks WHERE vault = ? AND digest > ? AND digest < ? AND state = 1 ORDER BY digest LIMIT ?',
  waiting: `SELECT digest, size, since FROM chunks WHERE vault = ? AND state = ? AND state >= 2 AND (since, digest) > (?, ?)
    ORDER BY since, digest LIMIT ?`,
  added: `SELECT digest, added, adders, keeping, size, since FROM chunks WHERE vault = ? AND digest > ? AND adders IS NOT NULL
    ORDER BY digest LIMIT ?`,
} as const;

const KEEPINGS: readonly Keeping[] = ['absent', 'kept', 'trash'];
/** Greater than every digest. */
const BEYOND = new Uint8Array(33).fill(0xff);
/** Less than every digest. */
export const BEFORE: Digest = new Uint8Array(0);

export type ChunkStatements = { readonly [K in keyof typeof SQL]: BooksStatement };

/** Prepared once for all vaults of a peer. */
export function chunkStatements(db: BooksDatabase): ChunkStatements {
  const prepared = Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)] as const);
  return Object.fromEntries(prepared) as ChunkStatements;
}

export class ChunkRows {
  readonly #sql: ChunkStatements;
  readonly #vault: number;

  constructor(sql: ChunkStatements, vault: number) {
    this.#sql = sql;
    this.#vault = vault;
  }

  get(digest: Digest): ChunkRow | undefined {
    const row = this.#sql.get.get(this.#vault, digest);
    return row && rowOf(row);
  }

  put(digest: Digest, row: ChunkRow, state: ChunkState): void {
    const adders = row.adders.length > 0 ? row.adders : null;
    const keeping = KEEPINGS.indexOf(row.keeping);
    this.#sql.put.run(this.#vault, digest, row.added, adders, keeping, row.size, row.sinceMs, state);
  }

  remove(digest: Digest): void {
    this.#sql.remove.run(this.#vault, digest);
  }

  missing(group: number, limit: number, after?: Digest): ListedChunk[] {
    return this.#sql.missing.all(this.#vault, after ?? startOf(group), endOf(group), limit).map(listed);
  }

  kept(group: number, limit: number, after?: Digest): ListedChunk[] {
    return this.#sql.kept.all(this.#vault, after ?? startOf(group), endOf(group), limit).map(listed);
  }

  firstKept(after: Uint8Array): ListedChunk | undefined {
    return this.#sql.kept.all(this.#vault, after, BEYOND, 1).map(listed)[0];
  }

  waiting(state: ChunkState, limit: number, after?: WaitingChunk): WaitingChunk[] {
    const from = [after?.sinceMs ?? Number.MIN_SAFE_INTEGER, after?.digest ?? BEFORE] as const;
    const rows = this.#sql.waiting.all(this.#vault, state, ...from, limit);
    return rows.map((row) => ({ ...listed(row), sinceMs: Number(row.since) }));
  }

  /** Chunks that some device has added and not dropped. */
  addedAfter(digest: Digest, limit: number): { readonly digest: Digest; readonly row: ChunkRow }[] {
    const rows = this.#sql.added.all(this.#vault, digest, limit);
    return rows.map((row) => ({ digest: blobOf(row.digest), row: rowOf(row) }));
  }
}

function rowOf({ added, adders, keeping, size, since }: BooksRow): ChunkRow {
  return {
    added: Number(added),
    adders: blobOf(adders),
    keeping: KEEPINGS[Number(keeping)] ?? 'absent',
    size: Number(size),
    sinceMs: Number(since),
  };
}

/** Every digest of the group is greater than this, and none of a group before. */
function startOf(group: number): Uint8Array {
  return Uint8Array.of(group);
}

function endOf(group: number): Uint8Array {
  return group + 1 < GROUPS ? Uint8Array.of(group + 1) : BEYOND;
}

function listed(row: BooksRow): ListedChunk {
  return { digest: blobOf(row.digest), size: Number(row.size) };
}

function blobOf(value: BooksRow[string] | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : NO_DEVICES;
}
