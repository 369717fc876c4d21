/** Remembers what files with several names contain, so that each is read once; bounded, and forgotten at the last name (T4). */
import { MiB } from '../model/units.ts';
import type { QuickStat, SourceStat } from './file-source.ts';
import type { FileContent } from './large-files.ts';

/** What reading one file gave, with its stat data from before the read. */
export interface ReadFile {
  readonly stat: SourceStat;
  readonly content: FileContent;
}

/** Files and pieces of files. Beyond this many, further ones are read for each name; their content is still stored once. */
const MAX_REMEMBERED = 50_000;
/** About so many bytes of a file cost as much memory as a file. */
const BYTES_PER_LOAD: number = MiB;

type Seen = Pick<QuickStat, 'device' | 'inode' | 'links' | 'size' | 'mtimeMs'>;

interface Remembered {
  /** `undefined` when it could not be read under its first name. */
  readonly read: Promise<ReadFile | undefined>;
  readonly size: number;
  readonly mtimeMs: number;
  namesLeft: number;
}

export class SourceLinks {
  readonly #files = new Map<string, Remembered>();
  #remembered = 0;

  /** What is being read under another name, when the file is still the same. */
  known(seen: Seen): Promise<ReadFile | undefined> | undefined {
    if (seen.links < 2) return undefined;
    const key = keyOf(seen);
    const entry = this.#files.get(key);
    if (!entry) return undefined;
    entry.namesLeft--;
    const same = entry.size === seen.size && entry.mtimeMs === seen.mtimeMs;
    if (entry.namesLeft === 0 || !same) {
      this.#files.delete(key);
      this.#remembered -= loadOf(entry);
    }
    return same ? entry.read : undefined;
  }

  remember(seen: Seen, read: Promise<ReadFile | undefined>): void {
    const key = keyOf(seen);
    if (seen.links < 2 || this.#files.has(key) || this.#remembered + loadOf(seen) > MAX_REMEMBERED) return;
    const { size, mtimeMs, links } = seen;
    this.#files.set(key, { read, size, mtimeMs, namesLeft: links - 1 });
    this.#remembered += loadOf(seen);
  }
}

function loadOf({ size }: Pick<Seen, 'size'>): number {
  return 1 + Math.floor(size / BYTES_PER_LOAD);
}

function keyOf({ device, inode }: Seen): string {
  return `${device}:${inode}`;
}
