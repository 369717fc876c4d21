/** Remembers what files with several names contain, so that each is read once; bounded, and forgotten at the last name (T4). */
import type { FileContent } from './file-content.ts';
import type { SourceStat } from './file-source.ts';

/** What reading one file gave, with its stat data from before the read. */
export interface ReadFile {
  readonly stat: SourceStat;
  readonly content: FileContent;
}

/** Beyond this many, further ones are read for each name; their content is still stored once. */
const MAX_REMEMBERED = 50_000;

interface Remembered {
  readonly read: ReadFile;
  namesLeft: number;
}

export class SourceLinks {
  readonly #files = new Map<string, Remembered>();

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
    if (entry.namesLeft === 0 || !same) this.#files.delete(key);
    return same ? entry.read : undefined;
  }

  remember(stat: SourceStat, read: ReadFile): void {
    if (stat.links < 2 || this.#files.size >= MAX_REMEMBERED) return;
    this.#files.set(keyOf(stat), { read, namesLeft: stat.links - 1 });
  }
}

function keyOf(stat: SourceStat): string {
  return `${stat.device}:${stat.inode}`;
}
