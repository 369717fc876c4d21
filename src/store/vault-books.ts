/**
 * What a holder knows of one vault without any key: which chunks its logs want (L1, L3), where their files are, and sums over
 * both. A function of the entries that were applied and of the files that were noted, in whatever order they came.
 */
import { bytesEqual } from '../model/bytes.ts';
import { type DeviceId, type Digest, keyOf } from '../model/ids.ts';
import { type Retirement, retirementEnds } from '../policy/retirements.ts';
import { BooksSums } from './books-sums.ts';
import type { BooksCounts, ChunkFacts, FileBooks, GroupCounts, Keeping, ListedChunk } from './books-types.ts';
import { BEFORE, type ChunkRow, type ChunkRows, type WaitingChunk } from './chunk-rows.ts';
import { type ChunkState, chunkState } from './chunk-state.ts';
import { devicesIn, NO_DEVICES, withDevice, withoutDevice } from './device-list.ts';
import type { EntryRows } from './entry-rows.ts';

/** What of a log entry the books use. */
export interface AppliedEntry {
  readonly device: DeviceId;
  readonly sequence: number;
  readonly adds: readonly { readonly digest: Digest; readonly size: number }[];
  readonly drops: readonly Digest[];
  /** A device whose adds count no more, and whose log ends before entry `next`, as long as that stands (policy/retirements.ts). */
  readonly retires?: { readonly device: DeviceId; readonly next: number } | undefined;
}

interface KnownDevice {
  readonly no: number;
  /** Entries applied. */
  next: number;
}

const EMPTY: ChunkRow = { added: 0, adders: NO_DEVICES, keeping: 'absent', size: 0, sinceMs: 0 };
const COUNTED_AT_ONCE = 1024;

export class VaultBooks implements FileBooks {
  readonly #chunks: ChunkRows;
  readonly #entries: EntryRows;
  readonly #devices = new Map<string, KnownDevice>();
  /** Every retirement that was said, and by device number where the logs of those end whose retirement stands. */
  readonly #said: Retirement[] = [];
  #ends: Ends = new Map();
  #sums: BooksSums | undefined;
  #forked = false;

  constructor(chunks: ChunkRows, entries: EntryRows) {
    this.#chunks = chunks;
    this.#entries = entries;
  }

  /**
   * A device signed another entry in a place that had been applied already (its first one was damaged here later). Chunks that the
   * first one added stay live until the books are made anew; nothing may be deleted on the word of books like these.
   */
  get forked(): boolean {
    return this.#forked;
  }

  /** The next entry of its device's log, or one that was applied before. Adds, then drops, then retires. */
  apply(entry: AppliedEntry, hash: Digest): void {
    const device = this.#device(entry.device);
    if (entry.sequence < device.next) {
      const before = this.#entries.hashOf(device.no, entry.sequence);
      if (before && bytesEqual(before, hash)) return;
      this.#forked = true;
    }
    for (const { digest, size } of entry.adds) this.#add(device, digest, size);
    for (const digest of this.#forked ? [] : entry.drops) this.#drop(device, digest);
    if (entry.retires && !this.#forked) this.#retire(device, entry.sequence, entry.retires);
    this.#entries.put(device.no, entry.sequence, hash);
    device.next = Math.max(device.next, entry.sequence + 1);
  }

  /** A chunk's file has come, gone or moved. */
  note(digest: Digest, keeping: Keeping, size: number, sinceMs: number): void {
    const row = this.#chunks.get(digest);
    const file =
      keeping === 'absent'
        ? { keeping, size: 0, sinceMs: 0 }
        : { keeping, size, sinceMs: Math.floor(sinceMs) };
    this.#store(digest, row, { ...(row ?? EMPTY), ...file });
  }

  of(digest: Digest): ChunkFacts | undefined {
    const row = this.#chunks.get(digest);
    if (!row) return undefined;
    const { keeping, sinceMs } = row;
    return { live: isWanted(row, this.#ends), known: row.added > 0, keeping, size: sizeOf(row), sinceMs };
  }

  /** Live chunks of a group without any file here, in order of digests. */
  missing(group: number, limit: number, after?: Digest): readonly ListedChunk[] {
    return this.#chunks.missing(group, limit, after);
  }

  /** Live chunks of a group in their place, in order of digests. */
  keptLive(group: number, limit: number, after?: Digest): readonly ListedChunk[] {
    return this.#chunks.kept(group, limit, after);
  }

  /** Some live chunk in its place, chosen by `fraction` (0 to 1); `undefined` only when there is none. */
  sampleKept(fraction: number): ListedChunk | undefined {
    if (this.counts().kept === 0) return undefined;
    return this.#chunks.firstKept(pointAt(fraction)) ?? this.#chunks.firstKept(BEFORE);
  }

  /** Chunks in `state`, oldest first. */
  waiting(state: ChunkState, limit: number, after?: WaitingChunk): readonly WaitingChunk[] {
    return this.#chunks.waiting(state, limit, after);
  }

  counts(): BooksCounts {
    return this.#sum().counts();
  }

  groupCounts(group: number): GroupCounts {
    return this.#sum().groupCounts(group);
  }

  /** XOR of bytes 1 to 8 of the digests of live chunks in their place: 256 times 8 bytes. */
  keptDigests(): Uint8Array {
    return this.#sum().keptDigests();
  }

  /** The same of all live chunks: equal on all holders with the same logs. */
  liveDigests(): Uint8Array {
    return this.#sum().liveDigests();
  }

  /** Where the log of a retired device ends; `undefined` for devices that are not. */
  retired(device: DeviceId): { readonly next: number } | undefined {
    const known = this.#devices.get(keyOf(device));
    const next = known && this.#ends.get(known.no);
    return next === undefined ? undefined : { next };
  }

  #add(device: KnownDevice, digest: Digest, size: number): void {
    const row = this.#chunks.get(digest);
    const before = row ?? EMPTY;
    const adders = withDevice(before.adders, device.no);
    this.#store(digest, row, { ...before, added: Math.max(before.added, size), adders });
  }

  #drop(device: KnownDevice, digest: Digest): void {
    const row = this.#chunks.get(digest);
    if (!row) return;
    const adders = withoutDevice(row.adders, device.no);
    if (adders !== row.adders) this.#store(digest, row, { ...row, adders });
  }

  /** Which retirements stand follows from all that were said, so a later one may give a device back what an earlier one took. */
  #retire(by: KnownDevice, sequence: number, { device, next }: { device: DeviceId; next: number }): void {
    this.#said.push({ by: by.no, sequence, target: this.#device(device).no, next });
    const before = this.#ends;
    this.#ends = retirementEnds(this.#said);
    const turned = [...this.#devices.values()].filter(({ no }) => before.has(no) !== this.#ends.has(no));
    if (turned.length === 0) return;
    for (let after = BEFORE; ; ) {
      const page = this.#chunks.addedAfter(after, COUNTED_AT_ONCE);
      for (const { digest, row } of page) this.#count(digest, row, before);
      const last = page.at(-1);
      if (!last || page.length < COUNTED_AT_ONCE) return;
      after = last.digest;
    }
  }

  /** The row is as it was; who is retired is not. */
  #count(digest: Digest, row: ChunkRow, before: Ends): void {
    const [was, state] = [stateOf(row, before), stateOf(row, this.#ends)];
    if (was === state) return;
    const sums = this.#sum();
    sums.count(digest, was, sizeOf(row), -1);
    sums.count(digest, state, sizeOf(row), 1);
    this.#chunks.put(digest, row, state);
  }

  #device(id: DeviceId): KnownDevice {
    const known = this.#devices.get(keyOf(id));
    if (known) return known;
    const device = { no: this.#entries.newDevice(), next: 0 };
    this.#devices.set(keyOf(id), device);
    return device;
  }

  #store(digest: Digest, before: ChunkRow | undefined, after: ChunkRow): void {
    const sums = this.#sum();
    if (before) sums.count(digest, stateOf(before, this.#ends), sizeOf(before), -1);
    if (after.added === 0 && after.keeping === 'absent') {
      this.#chunks.remove(digest);
      return;
    }
    const state = stateOf(after, this.#ends);
    sums.count(digest, state, sizeOf(after), 1);
    this.#chunks.put(digest, after, state);
  }

  /** Made with the first chunk: a vault that somebody only named costs nothing. */
  #sum(): BooksSums {
    this.#sums ??= new BooksSums();
    return this.#sums;
  }
}

type Ends = ReadonlyMap<number, number>;

/** Some device that is not retired has added it and not dropped it (L1). */
function isWanted({ adders }: ChunkRow, ends: Ends): boolean {
  if (ends.size === 0 || adders.length === 0) return adders.length > 0;
  return devicesIn(adders).some((no) => !ends.has(no));
}

function stateOf(row: ChunkRow, ends: Ends): ChunkState {
  return chunkState(isWanted(row, ends), row.added > 0, row.keeping);
}

function sizeOf(row: ChunkRow): number {
  return row.keeping === 'absent' ? row.added : row.size;
}

/** A point in the order of digests. */
function pointAt(fraction: number): Uint8Array {
  const point = new Uint8Array(8);
  const view = new DataView(point.buffer);
  const scaled = Math.min(Math.max(fraction, 0), 1) * 2 ** 32;
  view.setUint32(0, Math.min(Math.floor(scaled), 2 ** 32 - 1));
  view.setUint32(4, Math.floor((scaled % 1) * 2 ** 32));
  return point;
}
