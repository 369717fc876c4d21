/** The books as one would count them by hand, from all entries and all files at once; and the comparison with the real ones. */
import { expect } from 'vitest';
import { decodeLogEntry, type LogEntry } from '../../src/format/log-entry.ts';
import { type Digest, digestOfCid, groupOf, idText, keyOf, type VaultId } from '../../src/model/ids.ts';
import type { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import type { Keeping } from '../../src/store/books-types.ts';
import type { VaultBooks } from '../../src/store/vault-books.ts';

export interface NaiveFile {
  readonly digest: Digest;
  readonly keeping: Keeping;
  readonly size: number;
  readonly sinceMs: number;
}

interface NaiveChunk extends NaiveFile {
  readonly live: boolean;
  readonly known: boolean;
}

type NaiveEntry = Pick<LogEntry, 'device' | 'sequence' | 'adds' | 'drops' | 'retires'>;

/** A retirement counts unless its own device was retired before it; where that goes round in a circle, none counts. */
function retiredIn(entries: readonly NaiveEntry[]): ReadonlySet<string> {
  const said = entries.filter(({ retires }) => retires !== undefined);
  const strikes = ({ retires }: NaiveEntry, b: NaiveEntry): boolean =>
    retires !== undefined && keyOf(retires.device) === keyOf(b.device) && retires.next <= b.sequence;
  let sure: NaiveEntry[] = [];
  for (let round = 0; round <= said.length; round++) {
    const struck = said.filter((one) => sure.some((other) => strikes(other, one)));
    sure = said.filter((one) => said.every((other) => !strikes(other, one) || struck.includes(other)));
  }
  return new Set(sure.flatMap(({ retires }) => (retires ? [keyOf(retires.device)] : [])));
}

/** `entries` in order within each device. */
export function naiveBooks(
  entries: readonly NaiveEntry[],
  files: readonly NaiveFile[],
): Map<string, NaiveChunk> {
  const retired = retiredIn(entries);
  const sizes = new Map<string, number>();
  const wanted = new Set<string>();
  const digests = new Map<string, Digest>();
  for (const { device, adds, drops } of entries) {
    for (const { digest, size } of adds) {
      digests.set(keyOf(digest), digest);
      sizes.set(keyOf(digest), Math.max(size, sizes.get(keyOf(digest)) ?? 0));
      if (!retired.has(keyOf(device))) wanted.add(`${keyOf(digest)} ${keyOf(device)}`);
    }
    for (const digest of drops) wanted.delete(`${keyOf(digest)} ${keyOf(device)}`);
  }
  const live = new Set([...wanted].map((pair) => pair.split(' ')[0]));
  const lying = new Map(files.filter(({ keeping }) => keeping !== 'absent').map((f) => [keyOf(f.digest), f]));
  for (const { digest } of lying.values()) digests.set(keyOf(digest), digest);
  const chunks = [...digests].map(([key, digest]) => {
    const absent = { keeping: 'absent' as const, size: sizes.get(key) ?? 0, sinceMs: 0 };
    const { keeping, size, sinceMs } = lying.get(key) ?? absent;
    return [key, { digest, keeping, size, sinceMs, live: live.has(key), known: sizes.has(key) }] as const;
  });
  return new Map(chunks);
}

/** What lies on a disk: `folder` is the vault's own. Entries after a gap or damage do not count. */
export async function naiveRecount(
  disk: MemoryDisk,
  folder: string,
  vault: VaultId,
): Promise<Map<string, NaiveChunk>> {
  const files: NaiveFile[] = [];
  const entries: LogEntry[] = [];
  for (const path of disk.paths()) {
    const inside = path.startsWith(folder) ? path.slice(folder.length + 1).split('/') : [];
    const name = inside.at(-1) ?? '';
    if (
      inside[0] === 'chunks' &&
      inside[1] !== 'quarantine' &&
      name.startsWith('b') &&
      !name.endsWith('.part')
    ) {
      const stat = await disk.stat(path);
      const keeping = inside[1] === 'trash' ? 'trash' : 'kept';
      files.push({
        digest: digestOfCid(name),
        keeping,
        size: stat?.size ?? 0,
        sinceMs: stat?.modifiedMs ?? 0,
      });
    }
    if (inside[0] !== 'logs' || !/^\d{10}$/.test(name)) continue;
    const next = entries.filter((entry) => idText(entry.device) === inside[1]).length;
    const entry = await entryAt(disk, path);
    if (entry && Number(name) === next && keyOf(entry.vault) === keyOf(vault)) entries.push(entry);
  }
  return naiveBooks(entries, files);
}

async function entryAt(disk: MemoryDisk, path: string): Promise<LogEntry | undefined> {
  try {
    return decodeLogEntry((await disk.read(path)) ?? new Uint8Array(), () => true);
  } catch {
    return undefined;
  }
}

/** Every question that books answer, against the count by hand. */
export function expectSameBooks(books: VaultBooks, naive: ReadonlyMap<string, NaiveChunk>): void {
  const chunks = [...naive.values()].toSorted((a, b) => Buffer.compare(a.digest, b.digest));
  for (const { digest, ...facts } of chunks) expect(books.of(digest)).toEqual(facts);
  const where = (test: (chunk: NaiveChunk) => boolean): [number, number] => {
    const some = chunks.filter(test);
    return [some.length, some.reduce((sum, { size }) => sum + size, 0)];
  };
  const [live, liveBytes] = where((c) => c.live);
  const [kept, keptBytes] = where((c) => c.live && c.keeping === 'kept');
  const [missing, missingBytes] = where((c) => c.live && c.keeping === 'absent');
  const [restorable] = where((c) => c.live && c.keeping === 'trash');
  const [dropped, droppedBytes] = where((c) => !c.live && c.known && c.keeping === 'kept');
  const [uncommitted, uncommittedBytes] = where((c) => !c.live && !c.known && c.keeping === 'kept');
  const [trash, trashBytes] = where((c) => !c.live && c.keeping === 'trash');
  expect(books.counts()).toEqual({
    live,
    liveBytes,
    kept,
    keptBytes,
    missing,
    missingBytes,
    restorable,
    dropped,
    droppedBytes,
    uncommitted,
    uncommittedBytes,
    trash,
    trashBytes,
  });
  for (const group of new Set(chunks.map(({ digest }) => groupOf(digest))))
    expectSameGroup(books, chunks, group);
  expect(books.liveDigests()).toEqual(folded(chunks.filter((c) => c.live)));
  expect(books.keptDigests()).toEqual(folded(chunks.filter((c) => c.live && c.keeping === 'kept')));
}

function expectSameGroup(books: VaultBooks, chunks: readonly NaiveChunk[], group: number): void {
  const live = chunks.filter((c) => c.live && groupOf(c.digest) === group);
  const listed = (some: readonly NaiveChunk[]): unknown => some.map(({ digest, size }) => ({ digest, size }));
  const kept = live.filter((c) => c.keeping === 'kept');
  const missing = live.filter((c) => c.keeping === 'absent');
  expect(books.missing(group, 1e6)).toEqual(listed(missing));
  expect(books.keptLive(group, 1e6)).toEqual(listed(kept));
  expect(books.groupCounts(group)).toEqual({
    live: live.length,
    kept: kept.length,
    keptBytes: kept.reduce((sum, { size }) => sum + size, 0),
    missing: missing.length,
  });
}

function folded(chunks: readonly NaiveChunk[]): Uint8Array {
  const table = new Uint8Array(2048);
  for (const { digest } of chunks) {
    for (let i = 0; i < 8; i++) {
      const at = groupOf(digest) * 8 + i;
      table[at] = (table[at] ?? 0) ^ (digest[i + 1] ?? 0);
    }
  }
  return table;
}
