/**
 * Lets the hands of a crew look at folders before the walk comes to them, in the order in which it will. What is ahead of the walk is
 * bounded; what was not looked at in time, the walk looks at itself. It also knows how much it has seen, for the progress line.
 */
import { type BytePath, joinPath } from './byte-path.ts';
import type { Chooser } from './chooser.ts';
import type { Crew } from './crew.ts';
import type { QuickStat } from './file-source.ts';
import { type FolderLook, type FolderLooks, lookOf } from './folder-looks.ts';

/** Entries that are looked at and not taken: some 100 bytes each (T4). */
const MOST_AHEAD = 32_768;
/** That a hand is asked to look at in one go. */
export const FOLDERS_PER_JOB = 32;
/** While one is done the next waits in the thread. */
const JOBS_PER_HAND = 2;
/** Of one call: what is spread lies on the stack. */
const MOST_ARGUMENTS = 1024;

export interface LookAheadOptions {
  readonly crew: Pick<Crew, 'hands' | 'begun' | 'look'>;
  readonly chooser: Chooser;
  readonly mostAhead?: number;
}

/** What was seen so far, and the folders that were not looked into: together, all there is. */
export interface Frontier {
  readonly files: number;
  /** Of the files. */
  readonly bytes: number;
  readonly folders: readonly BytePath[];
}

export class LookAhead {
  readonly #options: LookAheadOptions;
  readonly #mostAhead: number;
  /** Places of folders in the order of the walk, the last one first. */
  readonly #pending: string[] = [];
  readonly #asked = new Map<BytePath, Promise<void>>();
  /** By place. */
  readonly #ready = new Map<string, FolderLook>();
  /** In #ready. */
  #entries = 0;
  #jobs = 0;
  #files = 0;
  #bytes = 0;

  constructor(options: LookAheadOptions) {
    this.#options = options;
    this.#mostAhead = options.mostAhead ?? MOST_AHEAD;
  }

  /** A path that the backup was asked for, and what is there. */
  expect(path: BytePath, seen: QuickStat): void {
    if (this.#options.chooser.leavesOut(path, seen)) return;
    if (seen.type === 'directory') this.#insert([placeOf(path)]);
    if (seen.type !== 'file') return;
    this.#files++;
    this.#bytes += seen.size;
  }

  /** What the walk has come to now: `undefined` when it has to look itself, and to tell by `found` what it saw. */
  take(path: BytePath): FolderLook | undefined | Promise<FolderLook | undefined> {
    const asked = this.#asked.get(path);
    return asked ? asked.then(() => this.#taken(path)) : this.#taken(path);
  }

  found(path: BytePath, looks: FolderLooks): void {
    this.#count(path, looks);
    this.#goOn();
  }

  frontier(): Frontier {
    const pending = this.#pending.map(pathOfPlace);
    return { files: this.#files, bytes: this.#bytes, folders: [...pending, ...this.#asked.keys()] };
  }

  #taken(path: BytePath): FolderLook | undefined {
    const place = placeOf(path);
    const look = this.#ready.get(place);
    if (look) {
      this.#forget(place, look);
      this.#goOn();
      return look;
    }
    const at = this.#indexOf(place);
    if (this.#pending[at] === place) this.#pending.splice(at, 1);
    if (this.#entries >= this.#mostAhead) this.#passedBy(place);
    return undefined;
  }

  /** What lies before this place and was not taken never will be, and would be in the way for ever. */
  #passedBy(place: string): void {
    for (const [earlier, look] of this.#ready) if (earlier < place) this.#forget(earlier, look);
    this.#goOn();
  }

  #forget(place: string, look: FolderLook): void {
    this.#ready.delete(place);
    this.#entries -= entriesOf(look);
  }

  #goOn(): void {
    const { crew } = this.#options;
    if (!crew.begun) return;
    while (
      this.#jobs < crew.hands * JOBS_PER_HAND &&
      this.#pending.length > 0 &&
      this.#entries < this.#mostAhead
    ) {
      this.#ask(this.#pending.splice(-FOLDERS_PER_JOB).reverse().map(pathOfPlace));
    }
  }

  #ask(paths: readonly BytePath[]): void {
    this.#jobs++;
    const job = this.#options.crew.look(paths).then((looks) => this.#arrived(paths, looks));
    job.catch(() => undefined); // these folders stay asked for, so the walk meets the failure when it comes to them
    for (const path of paths) this.#asked.set(path, job);
  }

  #arrived(paths: readonly BytePath[], looks: readonly FolderLook[]): void {
    this.#jobs--;
    looks.forEach((look, i) => {
      const path = paths[i] as BytePath;
      this.#ready.set(placeOf(path), look);
      this.#entries += entriesOf(look);
      if (look.kind === 'looks') this.#count(path, look);
    });
    for (const path of paths.slice(looks.length)) this.#insert([placeOf(path)]);
    for (const path of paths) this.#asked.delete(path);
    this.#goOn();
  }

  /** Notes the folders in it, and how much else there is. */
  #count(path: BytePath, looks: FolderLooks): void {
    const places: string[] = [];
    const { files, bytes } = contentOf(path, looks, this.#options.chooser, (folder) =>
      places.push(placeOf(folder)),
    );
    this.#files += files;
    this.#bytes += bytes;
    this.#insert(places);
  }

  /** In order, with nothing between them that is pending. */
  #insert(places: readonly string[]): void {
    const [first] = places;
    if (first === undefined) return;
    const at = this.#indexOf(first);
    const backwards = places.toReversed();
    for (let i = 0; i < backwards.length; i += MOST_ARGUMENTS)
      this.#pending.splice(at + i, 0, ...backwards.slice(i, i + MOST_ARGUMENTS));
  }

  /** Where it is, or belongs. */
  #indexOf(place: string): number {
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pending[middle] as string) > place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The files in a folder, and the folders, that are not left out. */
export function contentOf(
  path: BytePath,
  looks: FolderLooks,
  chooser: Chooser,
  onFolder: (path: BytePath) => void,
): { files: number; bytes: number } {
  let [files, bytes] = [0, 0];
  looks.names.forEach((name, i) => {
    const seen = lookOf(looks, i);
    const below = joinPath(path, name);
    if ((seen.type !== 'file' && seen.type !== 'directory') || chooser.leavesOut(below, seen)) return;
    if (seen.type === 'directory') onFolder(below);
    else {
      files++;
      bytes += seen.size;
    }
  });
  return { files, bytes };
}

function entriesOf(look: FolderLook): number {
  return look.kind === 'looks' ? look.names.length : 0;
}

/** The walk goes in order of names, and into a folder before what comes after it: "/" sorts before every byte of a name. */
function placeOf(path: BytePath): string {
  return path.replaceAll('/', '\0');
}

function pathOfPlace(place: string): BytePath {
  return place.replaceAll('\0', '/');
}
