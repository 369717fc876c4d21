/** Which snapshots of one vault are in another already: those that a live snapshot there was made from, straight or by way of others. */
import type { Snapshot } from '../format/snapshot.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';

/** What one vault knows of snapshots. */
export interface KnownSnapshots {
  readonly live: readonly SnapshotRecord[];
  readonly forgotten: readonly SnapshotRecord[];
}

export class CopiedBefore {
  readonly #from: ReadonlyMap<string, SnapshotRecord>;
  /** Live ones there, by the id here that they name. */
  readonly #copies = new Map<string, SnapshotRecord>();
  /** The same by all that those were made from: their content may be another. */
  readonly #kin = new Map<string, SnapshotRecord[]>();

  constructor(from: KnownSnapshots, to: KnownSnapshots) {
    this.#from = byId(from);
    const known = byId(to);
    for (const record of to.live) this.#note(record, known);
  }

  /**
   * The snapshot there that stands for this one: its copy, also with other tags or without files that were taken out there; or the copy of one
   * that this one was made from and equals but for its tags.
   */
  copyOf(record: SnapshotRecord): SnapshotRecord | undefined {
    const direct = this.#copies.get(record.id);
    if (direct) return direct;
    for (const id of originsOf(record, this.#from)) {
      const alike = this.#kin.get(id)?.find(({ snapshot }) => isAlike(snapshot, record.snapshot));
      if (alike) return alike;
    }
    return undefined;
  }

  #note(record: SnapshotRecord, known: ReadonlyMap<string, SnapshotRecord>): void {
    const origin = originsOf(record, known).at(-1);
    if (origin === undefined) return;
    this.#copies.set(origin, record);
    const source = this.#from.get(origin);
    for (const id of [origin, ...(source ? originsOf(source, this.#from) : [])])
      this.#kin.set(id, [...(this.#kin.get(id) ?? []), record]);
  }
}

function byId({ live, forgotten }: KnownSnapshots): ReadonlyMap<string, SnapshotRecord> {
  return new Map([...forgotten, ...live].map((record) => [record.id, record]));
}

/** Ids of what it was made from, the latest first; the last may be of another vault. */
function originsOf(record: SnapshotRecord, known: ReadonlyMap<string, SnapshotRecord>): string[] {
  const ids: string[] = [];
  let { original } = record.snapshot;
  while (original !== undefined && !ids.includes(original)) {
    ids.push(original);
    original = known.get(original)?.snapshot.original;
  }
  return ids;
}

function isAlike(a: Snapshot, b: Snapshot): boolean {
  const { files, directories, links, bytes } = a.stats;
  const sameStats =
    files === b.stats.files &&
    directories === b.stats.directories &&
    links === b.stats.links &&
    bytes === b.stats.bytes;
  const samePaths =
    a.paths.length === b.paths.length &&
    a.paths.every((path, i) => bytesEqual(path, b.paths[i] ?? new Uint8Array()));
  return sameStats && samePaths && a.time === b.time && a.host === b.host && a.user === b.user;
}
