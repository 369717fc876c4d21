/** Remembers what files with several names contain, so that each is read once; bounded, and forgotten at the last name (T4). */
import type { FileContent } from './file-content.ts';
import type { SourceStat } from './file-source.ts';

/** What reading one file gave, with its stat data from before the read. */
export interface ReadFile {
  readonly stat: SourceStat;
  readonly content: FileContent;
}

/** Files and pieces of files. Beyond this many, further ones are read for each name; their content is still stored once. */
const MAX_REMEMBERED = 50_000;

interface Remembered {
  readonly read: ReadFile;
  namesLeft: number;
}

export class SourceLinks {
  readonly #files = new Map<string, Remembered>();
  #remembered = 0;

  /** What was read under another name, when the file is still the same. */
  known(stat: SourceStat): ReadFile | undefined {
    if (stat.links < 2) return undefined;
    const key = keyOf(stat);
    const entry = this.#files.get(key);
    if (!entry) return undefined;
    entry.namesLeft--;
    const { stat: read } = entry.read;
    const same =
      read.size === stat.size &&
      read.mtime.seconds === stat.mtime.seconds &&
      read.mtime.nanoseconds === stat.mtime.nanoseconds;
    if (entry.namesLeft === 0 || !same) {
      this.#files.delete(key);
      this.#remembered -= weightOf(entry.read);
    }
    return same ? entry.read : undefined;
  }

  remember(stat: SourceStat, read: ReadFile): void {
    const key = keyOf(stat);
    if (stat.links < 2 || this.#files.has(key) || this.#remembered + weightOf(read) > MAX_REMEMBERED) return;
    this.#files.set(key, { read, namesLeft: stat.links - 1 });
    this.#remembered += weightOf(read);
  }
}

function keyOf(stat: SourceStat): string {
  return `${stat.device}:${stat.inode}`;
}

function weightOf({ content }: ReadFile): number {
  return 1 + content.parts.length;
}
