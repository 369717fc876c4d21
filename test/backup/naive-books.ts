/** The union of logs read literally (L1, L4): which chunks live, which snapshots are there. No incremental books, no SQL. */
import { openChunk } from '../../src/crypto/chunk-cipher.ts';
import { verify } from '../../src/crypto/ed25519.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { type Announcement, decodeAnnouncement } from '../../src/format/announcement.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { decodeLogEntry, type LogEntry } from '../../src/format/log-entry.ts';
import { encodeSnapshot, type Snapshot, snapshotId } from '../../src/format/snapshot.ts';
import { keyOf } from '../../src/model/ids.ts';

const KEYS = deriveVaultKeys(new Uint8Array(32).fill(7));

export interface NaiveBooks {
  readonly live: ReadonlySet<string>;
  /** Chunks that any entry ever added. */
  readonly named: ReadonlySet<string>;
  /** Announced and not forgotten. */
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly announced: ReadonlySet<string>;
  /** How many entries of a retired device stand. */
  readonly ends: ReadonlyMap<string, number>;
}

const decoded = new WeakMap<Uint8Array, LogEntry>();
const opened = new WeakMap<LogEntry, Announcement>();

function announcementOf(entry: LogEntry): Announcement | undefined {
  if (!entry.announcement) return undefined;
  const known = opened.get(entry);
  if (known) return known;
  const announcement = decodeAnnouncement(openChunk(KEYS, ChunkKind.announcement, entry.announcement));
  opened.set(entry, announcement);
  return announcement;
}

function entryOf(bytes: Uint8Array): LogEntry {
  const known = decoded.get(bytes);
  if (known) return known;
  const entry = decodeLogEntry(bytes, verify);
  decoded.set(bytes, entry);
  return entry;
}

/** A retirement counts unless its own device was retired before it; where that goes round in a circle, none counts. */
function endsOf(entries: readonly LogEntry[]): ReadonlyMap<string, number> {
  const said = entries.filter(({ retires }) => retires !== undefined);
  const strikes = (a: LogEntry, b: LogEntry): boolean =>
    a.retires !== undefined && keyOf(a.retires.device) === keyOf(b.device) && a.retires.next <= b.sequence;
  let sure: LogEntry[] = [];
  for (let round = 0; round <= said.length; round++) {
    const struck = said.filter((one) => sure.some((other) => strikes(other, one)));
    sure = said.filter((one) => said.every((other) => !strikes(other, one) || struck.includes(other)));
  }
  const ends = new Map<string, number>();
  for (const { retires } of sure) {
    if (!retires) continue;
    const key = keyOf(retires.device);
    ends.set(key, Math.min(retires.next, ends.get(key) ?? retires.next));
  }
  return ends;
}

export function booksOf(logs: readonly (readonly Uint8Array[])[]): NaiveBooks {
  const all = logs.map((log) => log.map(entryOf));
  const ends = endsOf(all.flat());
  const live = new Set<string>();
  const named = new Set<string>();
  const announced = new Map<string, Snapshot>();
  const forgotten = new Set<string>();
  for (const log of all) {
    const end = ends.get(keyOf(log[0]?.device ?? new Uint8Array()));
    const adds = new Set<string>();
    for (const entry of log) {
      const { sequence, adds: added, drops } = entry;
      for (const { digest } of added) named.add(keyOf(digest));
      if (sequence >= (end ?? Number.POSITIVE_INFINITY)) continue;
      for (const { digest } of added) adds.add(keyOf(digest));
      for (const digest of drops) adds.delete(keyOf(digest));
      const said = announcementOf(entry);
      if (!said) continue;
      if (said.snapshot) announced.set(snapshotId(encodeSnapshot(said.snapshot)), said.snapshot);
      for (const id of said.forgets) forgotten.add(id);
    }
    if (end === undefined) for (const chunk of adds) live.add(chunk);
  }
  const snapshots = new Map([...announced].filter(([id]) => !forgotten.has(id)));
  const known = new Set(all.flat().flatMap((entry) => idOf(entry)));
  return { live, named, snapshots, announced: known, ends };
}

/** Also of an entry that does not stand. */
function idOf(entry: LogEntry): string[] {
  const snapshot = announcementOf(entry)?.snapshot;
  return snapshot ? [snapshotId(encodeSnapshot(snapshot))] : [];
}
