/** The client's copy of every device's log (L1): entries in order, what they announced, and how far holders confirmed it. */
import type { Announcement } from '../format/announcement.ts';
import type { LogEntry } from '../format/log-entry.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot, snapshotId } from '../format/snapshot.ts';
import { bytesEqual } from '../model/bytes.ts';
import { assert, VaultError } from '../model/errors.ts';
import type { DeviceId, Digest } from '../model/ids.ts';
import type { ChunkBooks } from './chunk-books.ts';
import type { StateDatabase } from './state-database.ts';
import type { Statement } from './statement.ts';

export interface SnapshotRecord {
  /** 64 hex characters. */
  readonly id: string;
  readonly snapshot: Snapshot;
}

/** How much of one device's log is kept here. */
export interface DeviceLog {
  readonly device: DeviceId;
  /** From its certificate. */
  readonly name: string;
  /** Number of entries kept here. */
  readonly next: number;
  /** Number of entries that at least one holder was seen to have; smaller than `next` only for this device. */
  readonly confirmed: number;
  /** Hash of entry `next - 1`; empty when there is none. */
  readonly hash: Digest;
}

/** A verified entry with what this vault's keys showed in it. */
export interface OpenedEntry {
  readonly entry: LogEntry;
  readonly bytes: Uint8Array;
  readonly hash: Digest;
  readonly announcement: Announcement | undefined;
}

const SQL = {
  devices: 'SELECT no, device, name, next, applied, hash FROM devices ORDER BY no',
  device: 'SELECT no, device, name, next, applied, hash FROM devices WHERE device = ?',
  newDevice: 'INSERT INTO devices (device, name, hash) VALUES (?, ?, ?) RETURNING no',
  store: 'INSERT INTO entries (device, sequence, hash, bytes) VALUES (?, ?, ?, ?)',
  advance: 'UPDATE devices SET next = ?, hash = ? WHERE no = ?',
  applied: 'UPDATE devices SET applied = ? WHERE no = ?',
  entry: 'SELECT hash, bytes FROM entries WHERE device = ? AND sequence = ?',
  snapshot: `INSERT OR IGNORE INTO snapshots (id, device, sequence, time, body)
    SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM forgotten WHERE id = ?)`,
  forget: 'INSERT OR IGNORE INTO forgotten (id) VALUES (?)',
  remove: 'DELETE FROM snapshots WHERE id = ?',
  snapshots: 'SELECT id, body FROM snapshots ORDER BY time, id',
  index: 'INSERT OR IGNORE INTO indexes (digest, loaded) VALUES (?, ?)',
  unloaded: 'SELECT digest FROM indexes WHERE loaded = 0',
  loaded: 'UPDATE indexes SET loaded = 1 WHERE digest = ?',
} as const;

type Row = Record<string, unknown>;

export class LogBooks {
  readonly #db: StateDatabase;
  readonly #chunks: ChunkBooks;
  readonly #own: DeviceId;
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(db: StateDatabase, chunks: ChunkBooks, own: DeviceId) {
    this.#db = db;
    this.#chunks = chunks;
    this.#own = own;
    const prepared = Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)] as const);
    this.#sql = Object.fromEntries(prepared) as { readonly [K in keyof typeof SQL]: Statement };
  }

  devices(): DeviceLog[] {
    return this.#sql.devices.all().map(deviceOf);
  }

  device(device: DeviceId): DeviceLog | undefined {
    const row = this.#sql.device.get(device);
    return row && deviceOf(row);
  }

  /** Encoded entries `from` <= sequence < `to` that are kept here. */
  *entries(device: DeviceId, from: number, to: number): Generator<Uint8Array> {
    for (let sequence = from; sequence < to; sequence++) {
      const row = this.#entryRow(device, sequence);
      if (!row) return;
      yield bytesOf(row, 'bytes');
    }
  }

  hashOf(device: DeviceId, sequence: number): Digest | undefined {
    const row = this.#entryRow(device, sequence);
    return row && bytesOf(row, 'hash');
  }

  /**
   * Keeps the next entry of a device before anybody else hears of it: once signed, another entry with this number must
   * never exist. Its effects wait for `apply`.
   */
  store(opened: Pick<OpenedEntry, 'entry' | 'bytes' | 'hash'>, deviceName: string): void {
    const { entry, bytes, hash } = opened;
    this.#db.transaction(() => {
      const known = this.#sql.device.get(entry.device);
      const no = Number((known ?? this.#sql.newDevice.get(entry.device, deviceName, new Uint8Array()))?.no);
      assert(entry.sequence === Number(known?.next ?? 0), 'a log entry is stored out of order');
      this.#sql.store.run(no, entry.sequence, hash, bytes);
      this.#sql.advance.run(entry.sequence + 1, hash, no);
    });
  }

  /** Keeps the next entry of a device as a holder gave it, and makes it true. */
  keep(opened: OpenedEntry, deviceName: string): void {
    this.#db.transaction(() => {
      this.store(opened, deviceName);
      this.apply(opened);
    });
  }

  /** A holder has the entry: what it added, dropped and announced is true from now on. */
  apply(opened: OpenedEntry): void {
    const { entry, announcement } = opened;
    this.#db.transaction(() => {
      const row = this.#sql.device.get(entry.device);
      assert(
        row !== undefined && Number(row.applied) === entry.sequence,
        'a log entry is applied out of order',
      );
      const no = Number(row.no);
      this.#chunks.applyEntry(no, bytesEqual(entry.device, this.#own), entry.adds, entry.drops);
      if (announcement) this.#announce(no, entry, announcement);
      this.#sql.applied.run(entry.sequence + 1, no);
    });
  }

  /** In order of time. A record this version cannot read is left out. */
  snapshots(): SnapshotRecord[] {
    const records: SnapshotRecord[] = [];
    for (const row of this.#sql.snapshots.iterate()) {
      const snapshot = readable(bytesOf(row, 'body'));
      if (snapshot) records.push({ id: String(row.id), snapshot });
    }
    return records;
  }

  /** Index chunks announced and not loaded yet, also those that could not be loaded before (C7). */
  unloadedIndexes(): Digest[] {
    return this.#sql.unloaded.all().map((row) => bytesOf(row, 'digest'));
  }

  markLoaded(index: Digest): void {
    this.#sql.loaded.run(index);
  }

  #announce(no: number, entry: LogEntry, announcement: Announcement): void {
    const own = bytesEqual(entry.device, this.#own);
    for (const id of announcement.forgets) {
      this.#sql.forget.run(id);
      this.#sql.remove.run(id);
    }
    for (const index of announcement.index)
      this.#sql.index.run(index, this.#knowsContent(own, index) ? 1 : 0);
    if (!announcement.snapshot) return;
    const body = encodeSnapshot(announcement.snapshot);
    const id = snapshotId(body);
    this.#sql.snapshot.run(id, no, entry.sequence, Math.round(announcement.snapshot.time), body, id);
  }

  /** What this device indexed itself is in its books already, unless they were lost. */
  #knowsContent(own: boolean, index: Digest): boolean {
    return own && this.#chunks.describedHere(index);
  }

  #entryRow(device: DeviceId, sequence: number): Row | undefined {
    const no = this.#sql.device.get(device)?.no;
    return no === undefined ? undefined : this.#sql.entry.get(Number(no), sequence);
  }
}

function readable(body: Uint8Array): Snapshot | undefined {
  try {
    return decodeSnapshot(body);
  } catch (error) {
    if (error instanceof VaultError) return undefined;
    throw error;
  }
}

function deviceOf(row: Row): DeviceLog {
  return {
    device: bytesOf(row, 'device'),
    name: String(row.name),
    next: Number(row.next),
    confirmed: Number(row.applied),
    hash: bytesOf(row, 'hash'),
  };
}

function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : new Uint8Array();
}
