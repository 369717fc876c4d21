/** What all disks really hold, known to nobody inside the simulation: the measure for every promise (S4). */
import { createHash } from 'node:crypto';
import { toHex } from '../model/bytes.ts';
import { digestOfCid } from '../model/ids.ts';

/** 'kept' and 'trash' can be given out by the holder; what is in quarantine cannot. */
type Place = 'kept' | 'trash';

export interface ChunkFile {
  /** Hex of the digest that its name says. */
  readonly digest: string;
  readonly place: Place;
  /** Its bytes are the ones its name says. */
  readonly good: boolean;
}

const CHUNK_NAME = /^b[a-z2-7]{57}[aeimquy4]$/;
const LOG_NAME = /\/logs\/([a-z2-7]+)\/(\d{10})$/;

function placeOf(path: string): Place | undefined {
  if (!path.includes('/chunks/') || path.includes('/quarantine/')) return undefined;
  return path.includes('/trash/') ? 'trash' : 'kept';
}

const names = new Map<string, string>();

/** The digest in a chunk's file name; remembered, because CIDs are slow to read. */
function digestOfName(name: string): string | undefined {
  if (!CHUNK_NAME.test(name)) return undefined;
  let digest = names.get(name);
  if (digest === undefined) {
    digest = toHex(digestOfCid(name));
    names.set(name, digest);
  }
  return digest;
}

/** The chunk file at a path with this content; `undefined` when it is none. */
function chunkFileOf(path: string, bytes: Uint8Array): ChunkFile | undefined {
  const place = placeOf(path);
  const digest = place && digestOfName(path.slice(path.lastIndexOf('/') + 1));
  if (!place || digest === undefined) return undefined;
  return { digest, place, good: createHash('sha256').update(bytes).digest('hex') === digest };
}

/** One machine's disk. */
export class DiskBooks {
  readonly #chunks = new Map<string, ChunkFile>();
  /** Good files of each chunk. */
  readonly #good = new Map<string, number>();
  readonly #sizes = new Map<string, number>();
  /** Entries of each device's log, by device and number. */
  readonly #entries = new Map<string, Set<number>>();
  #heldBytes = 0;

  /** All bytes below the folder of the vaults. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  chunkAt(path: string): ChunkFile | undefined {
    return this.#chunks.get(path);
  }

  chunkPaths(): readonly string[] {
    return [...this.#chunks.keys()].sort();
  }

  logPaths(): readonly string[] {
    return [...this.#sizes.keys()].filter((path) => LOG_NAME.test(path)).sort();
  }

  /** Entries 0 to n - 1 of this device's log lie here without a gap. */
  logLength(device: string): number {
    const numbers = this.#entries.get(device);
    let next = 0;
    while (numbers?.has(next)) next++;
    return next;
  }

  /** Is a good copy in its place, not only in the trash? */
  keeps(digest: string): boolean {
    for (const file of this.#chunks.values())
      if (file.good && file.place === 'kept' && file.digest === digest) return true;
    return false;
  }

  /** Where a good copy lies. */
  goodPath(digest: string): string | undefined {
    for (const [path, file] of this.#chunks) if (file.good && file.digest === digest) return path;
    return undefined;
  }

  set(path: string, bytes: Uint8Array): void {
    this.delete(path);
    if (!path.includes('/vaults/')) return;
    this.#note(path, bytes.length, chunkFileOf(path, bytes));
  }

  move(from: string, to: string): void {
    const size = this.#sizes.get(from);
    const file = this.#chunks.get(from);
    this.delete(from);
    this.delete(to);
    const place = placeOf(to);
    if (size !== undefined) this.#note(to, size, file && place ? { ...file, place } : undefined);
  }

  delete(path: string): void {
    this.#heldBytes -= this.#sizes.get(path) ?? 0;
    this.#sizes.delete(path);
    const chunk = this.#chunks.get(path);
    if (chunk?.good) this.#good.set(chunk.digest, (this.#good.get(chunk.digest) ?? 1) - 1);
    this.#chunks.delete(path);
    const log = LOG_NAME.exec(path);
    if (log) this.#entries.get(log[1] ?? '')?.delete(Number(log[2]));
  }

  /** Is a good copy here, kept or in the trash? */
  has(digest: string): boolean {
    return (this.#good.get(digest) ?? 0) > 0;
  }

  #note(path: string, size: number, chunk: ChunkFile | undefined): void {
    this.#sizes.set(path, size);
    this.#heldBytes += size;
    if (chunk) this.#chunks.set(path, chunk);
    if (chunk?.good) this.#good.set(chunk.digest, (this.#good.get(chunk.digest) ?? 0) + 1);
    const log = LOG_NAME.exec(path);
    if (!log) return;
    const device = log[1] ?? '';
    const numbers = this.#entries.get(device) ?? new Set<number>();
    this.#entries.set(device, numbers.add(Number(log[2])));
  }
}
