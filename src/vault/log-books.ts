/** The client's copy of every device's log (L1): entries in order, what they announced, and how far holders confirmed it. */
import { sameScope } from '../crypto/vault-keys.ts';
import type { Announcement } from '../format/announcement.ts';
import { decodeCertificate, roleOf } from '../format/certificate.ts';
import { decodeLogEntry, type LogEntry } from '../format/log-entry.ts';
import { trusted } from '../format/readable.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot, snapshotId } from '../format/snapshot.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { assert, VaultError } from '../model/errors.ts';
import { type DeviceId, type Digest, keyOf } from '../model/ids.ts';
import { allows } from '../policy/device-rights.ts';
import { type Retirement, retirementEnds, standingRetirements } from '../policy/retirements.ts';
import type { ChunkBooks } from './chunk-books.ts';
import type { StateDatabase } from './state-database.ts';
import type { Statement } from './statement.ts';

export interface SnapshotRecord {
  /** 64 hex characters. */
  readonly id: string;
  readonly snapshot: Snapshot;
  /** Number of the device whose log announced it (`DeviceLog.no`), which keeps its chunks. */
  readonly device: number;
  /** Whose keys sealed it, when an append-only device did. */
  readonly scope?: Uint8Array;
}

/** From the certificate in entry 0 of a log. */
export interface DeviceRights {
  readonly role: DeviceRole;
  readonly scope?: Uint8Array;
}

/** Whose books these are. */
export interface BooksOwner {
  readonly device: DeviceId;
  readonly scope: Uint8Array | undefined;
}

const FULL: DeviceRights = { role: 'full' };

/** How much of one device's log is kept here. */
export interface DeviceLog {
  /** Number of the device in these books only. */
  readonly no: number;
  readonly device: DeviceId;
  /** From its certificate. */
  readonly name: string;
  /** Number of entries kept here. */
  readonly next: number;
  /** Number of entries that at least one holder was seen to have; smaller than `next` only for this device. */
  readonly confirmed: number;
  /** Hash of entry `next - 1`; empty when there is none. */
  readonly hash: Digest;
  /** Retired by another device: so many of its entries stand, what comes after counts nothing and is refused. */
  readonly ends?: number;
}

/** A verified entry with what this vault's keys showed in it. */
export interface OpenedEntry {
  readonly entry: LogEntry;
  readonly bytes: Uint8Array;
  readonly hash: Digest;
  readonly announcement: Announcement | undefined;
}

/** An entry stands unless its device was retired before it; version 1 did not write down which entry forgot. */
const STANDS = 'AND s.sequence < coalesce(d.ends, s.sequence + 1)';
const FORGETS = `SELECT 1 FROM forgotten f LEFT JOIN devices x ON x.no = f.device
  WHERE f.id = s.id AND f.sequence < coalesce(x.ends, f.sequence + 1)`;
const SNAPSHOTS = `SELECT s.id, s.device, s.body FROM snapshots s JOIN devices d ON d.no = s.device ${STANDS}`;

const SQL = {
  devices: 'SELECT no, device, name, next, applied, hash, ends FROM devices ORDER BY no',
  device: 'SELECT no, device, name, next, applied, hash, ends FROM devices WHERE device = ?',
  newDevice: 'INSERT INTO devices (device, name, hash) VALUES (?, ?, ?) RETURNING no',
  store: 'INSERT INTO entries (device, sequence, hash, bytes) VALUES (?, ?, ?, ?)',
  advance: 'UPDATE devices SET next = ?, hash = ? WHERE no = ?',
  applied: 'UPDATE devices SET applied = ? WHERE no = ?',
  entry: 'SELECT hash, bytes FROM entries WHERE device = ? AND sequence = ?',
  snapshot: 'INSERT OR IGNORE INTO snapshots (id, device, sequence, time, body) VALUES (?, ?, ?, ?, ?)',
  forget: 'INSERT OR IGNORE INTO forgotten (id, device, sequence) VALUES (?, ?, ?)',
  snapshots: `${SNAPSHOTS} WHERE NOT EXISTS (${FORGETS}) ORDER BY s.time, s.id`,
  forgotten: `${SNAPSHOTS} WHERE EXISTS (${FORGETS}) ORDER BY s.time, s.id`,
  forgottenByOthers: `SELECT s.id FROM snapshots s JOIN devices d ON d.no = s.device ${STANDS}
    WHERE s.device = ? AND EXISTS (${FORGETS})
    AND NOT EXISTS (SELECT 1 FROM forgotten o WHERE o.id = s.id AND o.device = ?) ORDER BY s.id`,
  finished: `SELECT max(sequence) AS sequence FROM
    (SELECT device, sequence FROM snapshots UNION ALL SELECT device, sequence FROM retirements) WHERE device = ?`,
  indexesOf: `SELECT i.digest FROM indexes i JOIN chunks c ON c.digest = i.digest JOIN adds a ON a.chunk = c.id
    WHERE a.device = ? ORDER BY i.digest`,
  retire: 'INSERT OR IGNORE INTO retirements (device, sequence, target, next) VALUES (?, ?, ?, ?)',
  retirements: `SELECT r.device, r.sequence, r.target, r.next FROM retirements r JOIN devices d ON d.no = r.device
    ORDER BY d.device, r.sequence`,
  retiredUnseen: 'SELECT 1 FROM retirements WHERE target = ?',
  end: 'UPDATE devices SET ends = ? WHERE no = ?',
  index: 'INSERT OR IGNORE INTO indexes (digest, loaded) VALUES (?, ?)',
  unloaded: 'SELECT digest FROM indexes WHERE loaded = 0',
  loaded: 'UPDATE indexes SET loaded = 1 WHERE digest = ?',
} as const;

type Row = Record<string, unknown>;

export class LogBooks {
  readonly #db: StateDatabase;
  readonly #chunks: ChunkBooks;
  readonly #own: BooksOwner;
  readonly #rights = new Map<number, DeviceRights>();
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(db: StateDatabase, chunks: ChunkBooks, own: BooksOwner) {
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

  /** What the owner lets a device do: full rights for one whose log does not begin here. */
  rightsOf(device: DeviceId): DeviceRights {
    const row = this.#sql.device.get(device);
    return row === undefined ? FULL : this.#rightsOf(Number(row.no));
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
      if (bytesEqual(entry.device, this.#own.device)) this.#chunks.giveUp(entry.drops);
      if (!known) this.#settleRetirements();
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
      const own = bytesEqual(entry.device, this.#own.device);
      this.#chunks.applyEntry({ device: no, own, retired: row.ends !== null }, entry.adds, entry.drops);
      if (announcement) this.#announce(no, entry, announcement);
      this.#sql.applied.run(entry.sequence + 1, no);
      if (!entry.retires) return;
      const { device, next } = entry.retires;
      this.#sql.retire.run(no, entry.sequence, device, next);
      this.#settleRetirements();
    });
  }

  /** In order of time. A record this version cannot read is left out. */
  snapshots(): SnapshotRecord[] {
    return this.#records(this.#sql.snapshots.iterate());
  }

  /** Snapshots that some device forgot, in order of time. */
  forgotten(): SnapshotRecord[] {
    return this.#records(this.#sql.forgotten.iterate());
  }

  /** Ids of snapshots in the log of device number `of` that were forgotten, and not by the log of device number `by`. */
  forgottenByOthers(of: number, by: number): string[] {
    return this.#sql.forgottenByOthers.all(of, by).map((row) => String(row.id));
  }

  /** Number of the newest entry by which a device announced a snapshot or retired another; -1 when it never did. */
  lastFinished(device: number): number {
    return Number(this.#sql.finished.get(device)?.sequence ?? -1);
  }

  /** Index chunks that the log of device number `device` has added and not dropped. */
  indexesOf(device: number): Digest[] {
    return this.#sql.indexesOf.all(device).map((row) => bytesOf(row, 'digest'));
  }

  /** Numbers of this device and of those it retired, and of those that they had retired: their snapshots are its to keep (L4). */
  keptBy(device: number): ReadonlySet<number> {
    const kept = new Set([device]);
    const retirements = standingRetirements(this.#said());
    for (const no of kept) {
      for (const { by, target } of retirements) if (by === no && target !== undefined) kept.add(target);
    }
    return kept;
  }

  /** Does some entry retire this device, of which no entry is here? */
  retiredUnseen(device: DeviceId): boolean {
    return this.#sql.retiredUnseen.get(device) !== undefined;
  }

  /** Index chunks announced and not loaded yet, also those that could not be loaded before (C7). */
  unloadedIndexes(): Digest[] {
    return this.#sql.unloaded.all().map((row) => bytesOf(row, 'digest'));
  }

  markLoaded(index: Digest): void {
    this.#sql.loaded.run(index);
  }

  /** All retirements that were ever said. */
  #said(): Retirement[] {
    const numbers = new Map(this.devices().map(({ device, no }) => [keyOf(device), no]));
    return this.#sql.retirements.all().map((row) => ({
      by: Number(row.device),
      sequence: Number(row.sequence),
      target: numbers.get(keyOf(bytesOf(row, 'target'))),
      next: Number(row.next),
    }));
  }

  /** Which devices are retired follows from all entries, in whatever order they came; what their adds count is put right. */
  #settleRetirements(): void {
    const ends = retirementEnds(this.#said());
    for (const log of this.devices()) {
      const end = ends.get(log.no);
      if (end === log.ends) continue;
      if ((end === undefined) !== (log.ends === undefined)) this.#chunks.countAdds(log.no, end === undefined);
      this.#sql.end.run(end ?? null, log.no);
    }
  }

  /** Entries are verified when they are kept. */
  #rightsOf(no: number): DeviceRights {
    const known = this.#rights.get(no);
    if (known) return known;
    const row = this.#sql.entry.get(no, 0);
    const rights = row && certifiedRights(bytesOf(row, 'bytes'));
    if (!rights) return FULL;
    this.#rights.set(no, rights);
    return rights;
  }

  /** What a device says that may not take anything away is disregarded where it forgets (L4). */
  #announce(no: number, entry: LogEntry, announcement: Announcement): void {
    const own = bytesEqual(entry.device, this.#own.device);
    const { role, scope } = this.#rightsOf(no);
    const forgets = allows(role, 'take-away') ? announcement.forgets : [];
    for (const id of forgets) this.#sql.forget.run(id, no, entry.sequence);
    // An index of another scope tells of nothing that content here could be compared with, and is not believed.
    const settled = (index: Digest): boolean =>
      !sameScope(scope, this.#own.scope) || this.#knowsContent(own, index);
    for (const index of announcement.index) this.#sql.index.run(index, settled(index) ? 1 : 0);
    if (!announcement.snapshot) return;
    const body = encodeSnapshot(announcement.snapshot);
    const id = snapshotId(body);
    this.#sql.snapshot.run(id, no, entry.sequence, Math.round(announcement.snapshot.time), body);
  }

  #records(rows: Iterable<Row>): SnapshotRecord[] {
    return recordsOf(rows).map((record) => {
      const { scope } = this.#rightsOf(record.device);
      return scope === undefined ? record : { ...record, scope };
    });
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

/** `undefined` for what is no first entry. */
function certifiedRights(firstEntry: Uint8Array): DeviceRights | undefined {
  try {
    const { certificate } = decodeLogEntry(firstEntry, trusted);
    if (!certificate) return undefined;
    const { scope, ...said } = decodeCertificate(certificate, trusted);
    return { role: roleOf(said), ...(scope === undefined ? {} : { scope }) };
  } catch (error) {
    if (error instanceof VaultError) return undefined;
    throw error;
  }
}

function recordsOf(rows: Iterable<Row>): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  for (const row of rows) {
    const snapshot = readable(bytesOf(row, 'body'));
    if (snapshot) records.push({ id: String(row.id), snapshot, device: Number(row.device) });
  }
  return records;
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
    no: Number(row.no),
    device: bytesOf(row, 'device'),
    name: String(row.name),
    next: Number(row.next),
    confirmed: Number(row.applied),
    hash: bytesOf(row, 'hash'),
    ...(row.ends === null ? {} : { ends: Number(row.ends) }),
  };
}

function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : new Uint8Array();
}
