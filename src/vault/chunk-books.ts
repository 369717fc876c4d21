/** What the client knows of chunks: which live in the logs (L1), which content they carry (C3), which were sent but not committed (L2). */
import type { BlobRef } from '../format/blob-ref.ts';
import type { IndexedChunk } from '../format/index-chunk.ts';
import { ChunkKind, isChunkKind } from '../format/kinds.ts';
import { type ContentId, type Digest, keyOf } from '../model/ids.ts';
import type { StateDatabase } from './state-database.ts';
import type { Statement } from './statement.ts';

/** A chunk as a log entry names it; `size` in sealed bytes. */
export interface KnownChunk {
  readonly digest: Digest;
  readonly size: number;
}

const KNOWN = `FROM chunks c LEFT JOIN pending p ON p.chunk = c.id
  WHERE ((c.live > 0 AND c.lost = 0) OR p.chunk IS NOT NULL)`;

const SQL = {
  lookup: `SELECT c.id, c.digest, c.mine, b.offset, b.length FROM blobs b JOIN chunks c ON c.id = b.chunk
    LEFT JOIN pending p ON p.chunk = c.id
    WHERE b.id = ? AND c.kind = ? AND ((c.live > 0 AND c.lost = 0) OR p.chunk IS NOT NULL) LIMIT 1`,
  find: `SELECT c.id, c.mine, c.size ${KNOWN} AND c.digest = ?`,
  lost: 'UPDATE chunks SET lost = ? WHERE digest = ? AND lost <> ?',
  someLost: 'SELECT 1 FROM chunks WHERE lost = 1 AND live > 0 LIMIT 1',
  row: 'SELECT id, size, live, mine FROM chunks WHERE digest = ?',
  insert: `INSERT INTO chunks (digest, size, kind) VALUES (?, ?, ?)
    ON CONFLICT (digest) DO UPDATE SET size = max(size, excluded.size), kind = max(kind, excluded.kind) RETURNING id`,
  blob: 'INSERT OR REPLACE INTO blobs (chunk, offset, length, id) VALUES (?, ?, ?, ?)',
  pend: `INSERT INTO pending (chunk, holders) VALUES (?, ?)
    ON CONFLICT (chunk) DO UPDATE SET holders = excluded.holders`,
  use: 'INSERT OR IGNORE INTO used (chunk) VALUES (?)',
  clearUsed: 'DELETE FROM used',
  pendingAfter: `SELECT c.id, c.digest FROM pending p JOIN chunks c ON c.id = p.chunk
    WHERE p.chunk > ? ORDER BY p.chunk LIMIT ?`,
  limit:
    'UPDATE pending SET holders = ? WHERE holders > ? AND chunk = (SELECT id FROM chunks WHERE digest = ?)',
  unpend: 'DELETE FROM pending WHERE chunk = (SELECT id FROM chunks WHERE digest = ?)',
  fewestHolders: 'SELECT min(p.holders) AS fewest FROM used u JOIN pending p ON p.chunk = u.chunk',
  toIndex: `SELECT c.id, c.digest, c.kind FROM used u JOIN pending p ON p.chunk = u.chunk JOIN chunks c ON c.id = u.chunk
    WHERE p.indexed = 0 AND c.id > ? AND EXISTS (SELECT 1 FROM blobs b WHERE b.chunk = c.id) ORDER BY c.id LIMIT 64`,
  blobsOf: 'SELECT id, length FROM blobs WHERE chunk = ? ORDER BY offset',
  indexed: 'UPDATE pending SET indexed = 1 WHERE chunk = (SELECT id FROM chunks WHERE digest = ?)',
  toAdd: `SELECT c.id, c.digest, c.size FROM used u JOIN chunks c ON c.id = u.chunk LEFT JOIN pending p ON p.chunk = c.id
    WHERE c.id > ? AND c.mine = 0
    AND (p.chunk IS NULL OR p.indexed = 1 OR NOT EXISTS (SELECT 1 FROM blobs b WHERE b.chunk = c.id))
    ORDER BY c.id LIMIT ?`,
  clearCommitted: 'DELETE FROM pending WHERE chunk IN (SELECT id FROM chunks WHERE mine = 1)',
  clearIndexed: 'UPDATE pending SET indexed = 0 WHERE indexed = 1',
  add: 'INSERT OR IGNORE INTO adds (chunk, device) VALUES (?, ?)',
  added: 'UPDATE chunks SET live = live + ?, mine = max(mine, ?) WHERE id = ?',
  drop: 'DELETE FROM adds WHERE chunk = ? AND device = ?',
  dropped: 'UPDATE chunks SET live = live - ?, mine = min(mine, ?) WHERE id = ?',
  giveUp: 'UPDATE chunks SET mine = 0 WHERE digest = ?',
  countAdds: 'UPDATE chunks SET live = live + ? WHERE id IN (SELECT chunk FROM adds WHERE device = ?)',
  ownAdds: `SELECT c.id, c.digest, c.size FROM chunks c LEFT JOIN pending p ON p.chunk = c.id
    WHERE c.mine = 1 AND p.chunk IS NULL AND c.id > ? ORDER BY c.id LIMIT ?`,
  addedBy: `SELECT count(*) AS chunks, coalesce(sum(c.size), 0) AS bytes
    FROM adds a JOIN chunks c ON c.id = a.chunk WHERE a.device = ?`,
  addersOf: `SELECT a.device FROM adds a JOIN chunks c ON c.id = a.chunk JOIN devices d ON d.no = a.device
    WHERE c.digest = ? AND d.ends IS NULL ORDER BY a.device`,
  described: 'SELECT 1 FROM chunks WHERE digest = ? AND kind = ?',
  live: 'SELECT digest, size FROM chunks WHERE live > 0',
  count: 'SELECT count(*) AS chunks, coalesce(sum(size), 0) AS bytes FROM chunks WHERE live > 0',
  pendingCount: 'SELECT count(*) AS chunks FROM pending',
} as const;

type Row = Record<string, unknown>;

export class ChunkBooks {
  readonly #db: StateDatabase;
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };
  /** Neighbouring files lie in the same bundle: the last answers save most look-ups. */
  #lastUsed = '';

  constructor(db: StateDatabase) {
    this.#db = db;
    const prepared = Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)] as const);
    this.#sql = Object.fromEntries(prepared) as { readonly [K in keyof typeof SQL]: Statement };
  }

  /** Forgets which chunks the run before referred to; what it sent and did not commit stays known. */
  beginRun(): void {
    this.#sql.clearUsed.run();
    this.#sql.clearIndexed.run();
    this.#sql.clearCommitted.run();
    this.#lastUsed = '';
  }

  /** Where this content lies already, in a chunk that is live or sent; the chunk counts as used by this run from now on. */
  reuse(kind: ChunkKind, id: ContentId): BlobRef | undefined {
    const row = this.#sql.lookup.get(id, kind);
    if (!row) return undefined;
    if (row.mine === 0) this.#sql.use.run(Number(row.id));
    return { chunk: bytesOf(row, 'digest'), offset: Number(row.offset), length: Number(row.length) };
  }

  /** Like `reuse` without marking anything: for dry runs. */
  lookup(kind: ChunkKind, id: ContentId): BlobRef | undefined {
    const row = this.#sql.lookup.get(id, kind);
    return row && { chunk: bytesOf(row, 'digest'), offset: Number(row.offset), length: Number(row.length) };
  }

  /** True when this chunk is live or sent; it counts as used by this run from now on. */
  reuseChunk(digest: Digest): boolean {
    const key = keyOf(digest);
    if (key === this.#lastUsed) return true;
    const row = this.#sql.find.get(digest);
    if (!row) return false;
    if (row.mine === 0) this.#sql.use.run(Number(row.id));
    this.#lastUsed = key;
    return true;
  }

  /** Live in some log, or sent and waiting for its commit. */
  isKnown(digest: Digest): boolean {
    return this.#sql.find.get(digest) !== undefined;
  }

  isLive(digest: Digest): boolean {
    return Number(this.#sql.row.get(digest)?.live ?? 0) > 0;
  }

  /** Sealed bytes; 0 for a chunk that no log has named. */
  sizeOf(digest: Digest): number {
    return Number(this.#sql.row.get(digest)?.size ?? 0);
  }

  isMine(digest: Digest): boolean {
    return this.#sql.row.get(digest)?.mine === 1;
  }

  /** Remembers a chunk that `holders` holders acknowledged (L2); it is used by this run. Durable against a kill after `settle`. */
  addPending(chunk: IndexedChunk, size: number, holders: number): void {
    this.#db.grouped(() => {
      const id = this.#insert(chunk, size);
      this.#sql.lost.run(0, chunk.digest, 0);
      this.#sql.pend.run(id, holders);
      this.#sql.use.run(id);
    });
  }

  /** What was remembered so far survives a kill. */
  settle(): void {
    this.#db.settle();
  }

  /** Chunks sent and not committed, in groups of at most `limit`, for asking whether holders still have them. */
  *pending(limit: number): Generator<Digest[]> {
    let after = 0;
    for (;;) {
      const rows = this.#sql.pendingAfter.all(after, limit);
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.id);
      yield rows.map((row) => bytesOf(row, 'digest'));
    }
  }

  /** At most so many holders still have a sent chunk. */
  limitHolders(digest: Digest, most: number): void {
    this.#sql.limit.run(most, most, digest);
  }

  get pendingCount(): number {
    return Number(this.#sql.pendingCount.get()?.chunks ?? 0);
  }

  /** The chunk expired on the holders: its content has to be sent again. */
  dropPending(digest: Digest): void {
    this.#sql.unpend.run(digest);
    this.#lastUsed = '';
  }

  /** Holders were asked and have these no more: content in them counts as unknown until it is sent again. */
  markLost(digests: readonly Digest[]): void {
    this.#db.transaction(() => {
      for (const digest of digests) this.#sql.lost.run(1, digest, 1);
    });
    this.#lastUsed = '';
  }

  /** Holders were asked for some live chunk and do not have it any more. */
  someLost(): boolean {
    return this.#sql.someLost.get() !== undefined;
  }

  /** Least number of holders among the sent chunks this run refers to; `undefined` when it sent none. */
  fewestHolders(): number | undefined {
    const fewest = this.#sql.fewestHolders.get()?.fewest;
    return typeof fewest === 'number' ? fewest : undefined;
  }

  /** Sent chunks of this run that no index chunk describes yet. */
  *chunksToIndex(): Generator<IndexedChunk> {
    let after = 0;
    for (;;) {
      const rows = this.#sql.toIndex.all(after);
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.id);
      for (const row of rows) {
        if (isChunkKind(Number(row.kind))) yield this.#indexed(row, Number(row.kind) as ChunkKind);
      }
    }
  }

  markIndexed(chunks: readonly Digest[]): void {
    this.#db.transaction(() => {
      for (const digest of chunks) this.#sql.indexed.run(digest);
    });
  }

  /** Chunks this run refers to that this device's log has not added (L1), at most `limit`; those it sent only once an index names them. */
  chunksToAdd(limit: number): KnownChunk[] {
    return this.#sql.toAdd.all(0, limit).map(known);
  }

  /** All of them, in groups of at most `limit`. */
  *allToAdd(limit: number): Generator<KnownChunk[]> {
    yield* this.#groups(this.#sql.toAdd, limit);
  }

  /**
   * Has the run's entries add a chunk that some log has named before, whether it is live, dropped or sent. False for one that
   * no log has ever named: its size is not known.
   */
  takeOver(digest: Digest): boolean {
    const row = this.#sql.row.get(digest);
    if (!row || Number(row.size) === 0) return false;
    this.#sql.unpend.run(digest);
    this.#sql.use.run(Number(row.id));
    return true;
  }

  /** What this device's log has added and not dropped, in groups of at most `limit`; without chunks a run has just sent. */
  *ownAdds(limit: number): Generator<KnownChunk[]> {
    yield* this.#groups(this.#sql.ownAdds, limit);
  }

  /** What the log of device number `device` has added and not dropped, also when it is retired. */
  addedBy(device: number): { readonly chunks: number; readonly bytes: number } {
    const row = this.#sql.addedBy.get(device);
    return { chunks: Number(row?.chunks ?? 0), bytes: Number(row?.bytes ?? 0) };
  }

  /** Numbers of the devices whose adds keep the chunk alive. */
  addersOf(digest: Digest): number[] {
    return this.#sql.addersOf.all(digest).map((row) => Number(row.device));
  }

  /** An entry that drops these is signed: whatever a run refers to from now on, a later entry has to add again. */
  giveUp(drops: readonly Digest[]): void {
    for (const digest of drops) this.#sql.giveUp.run(digest);
    this.#lastUsed = '';
  }

  /** The adds of device number `device` count (true) or, because it is retired, do not (false): call for a change only. */
  countAdds(device: number, count: boolean): void {
    this.#sql.countAdds.run(count ? 1 : -1, device);
    this.#lastUsed = '';
  }

  /** What an index chunk of the vault says about chunks (C3). */
  addIndexed(chunks: readonly IndexedChunk[]): void {
    this.#db.transaction(() => {
      for (const chunk of chunks) this.#insert(chunk, 0);
    });
  }

  /** The effects of one log entry of device number `device`; adds of a `retired` one are noted and do not count. */
  applyEntry(
    { device, own, retired = false }: { device: number; own: boolean; retired?: boolean },
    adds: readonly KnownChunk[],
    drops: readonly Digest[],
  ): void {
    const counts = retired ? 0 : 1;
    for (const { digest, size } of adds) {
      const id = Number(this.#sql.insert.get(digest, size, 0)?.id);
      if (this.#sql.add.run(id, device).changes > 0) this.#sql.added.run(counts, own ? 1 : 0, id);
      if (own) this.#sql.unpend.run(digest);
    }
    for (const digest of drops) {
      const id = this.#sql.row.get(digest)?.id;
      if (typeof id !== 'number' || this.#sql.drop.run(id, device).changes === 0) continue;
      this.#sql.dropped.run(counts, own ? 0 : 1, id);
    }
    this.#lastUsed = '';
  }

  /** True for an index chunk that this machine wrote itself: what it says is in these books. */
  describedHere(index: Digest): boolean {
    return this.#sql.described.get(index, ChunkKind.index) !== undefined;
  }

  /** Every live chunk of the vault, in no order. */
  *live(): Generator<KnownChunk> {
    for (const row of this.#sql.live.iterate()) yield known(row);
  }

  usage(): { readonly chunks: number; readonly bytes: number } {
    const row = this.#sql.count.get();
    return { chunks: Number(row?.chunks ?? 0), bytes: Number(row?.bytes ?? 0) };
  }

  *#groups(statement: Statement, limit: number): Generator<KnownChunk[]> {
    for (let after = 0; ; ) {
      const rows = statement.all(after, limit);
      if (rows.length === 0) return;
      after = Number(rows.at(-1)?.id);
      yield rows.map(known);
    }
  }

  #insert(chunk: IndexedChunk, size: number): number {
    const id = Number(this.#sql.insert.get(chunk.digest, size, chunk.kind)?.id);
    let offset = 0;
    for (const blob of chunk.blobs) {
      this.#sql.blob.run(id, offset, blob.length, blob.id);
      offset += blob.length;
    }
    return id;
  }

  #indexed(row: Row, kind: ChunkKind): IndexedChunk {
    const blobs = this.#sql.blobsOf.all(Number(row.id));
    return {
      digest: bytesOf(row, 'digest'),
      kind,
      blobs: blobs.map((blob) => ({ id: bytesOf(blob, 'id'), length: Number(blob.length) })),
    };
  }
}

function known(row: Row): KnownChunk {
  return { digest: bytesOf(row, 'digest'), size: Number(row.size) };
}

function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : new Uint8Array();
}
