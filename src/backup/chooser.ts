/** Decides of each entry that a walk meets whether the backup leaves it out: by its path, its size, its file system, or a marker file beside it. */
import { isVaultError, VaultError } from '../model/errors.ts';
import { type PathRules, pathRules } from '../policy/path-rules.ts';
import { type BytePath, joinPath, pathOfText, shownPath } from './byte-path.ts';
import type { Choice, FolderMarker } from './choice.ts';
import type { FileSource, QuickStat } from './file-source.ts';
import { nameText } from './name-text.ts';

export type Seen = Pick<QuickStat, 'type' | 'size' | 'device'>;

export interface ChooserOptions {
  readonly choice: Choice;
  readonly source: Pick<FileSource, 'look' | 'open'>;
  /** The paths that the backup was asked for, resolved. */
  readonly roots: readonly BytePath[];
  /** Told of markers that do not say what they should: what lies beside them is backed up. */
  readonly onProblem?: (problem: VaultError) => void;
}

/** What holds for all entries of a folder. */
interface FolderFacts {
  readonly path: BytePath;
  /** Names of the markers in it. */
  readonly markers: readonly BytePath[];
  /** Of the root it lies below; unknown outside of all. */
  readonly device: number | undefined;
}

const NO_FACTS: FolderFacts = { path: '', markers: [], device: undefined };

export class Chooser {
  readonly #options: ChooserOptions;
  readonly #rules: readonly PathRules[];
  readonly #devices = new Map<BytePath, number | undefined>();
  readonly #doubted = new Set<BytePath>();
  #facts = NO_FACTS;

  /** Throws 'usage' for a malformed pattern. */
  constructor(options: ChooserOptions) {
    this.#options = options;
    const { excludes = [], excludesAnyCase = [], oneFileSystem } = options.choice;
    this.#rules = [
      pathRules(excludes, { readName: nameText }),
      pathRules(excludesAnyCase, { readName: nameText, anyCase: true }),
    ];
    if (oneFileSystem) for (const root of options.roots) this.#devices.set(root, this.#deviceOf(root));
  }

  /** Ask for the roots and what lies below them, never for a folder on the way to a root. */
  leavesOut(path: BytePath, seen: Seen): boolean {
    const { excludeLargerThan, excludeIfPresent = [], oneFileSystem } = this.#options.choice;
    if (this.#rules.some((rules) => rules.matches(path))) return true;
    if (excludeLargerThan !== undefined && seen.type !== 'directory' && seen.size > excludeLargerThan)
      return true;
    if (!oneFileSystem && excludeIfPresent.length === 0) return false;
    const end = path.lastIndexOf('/');
    const folder = path.slice(0, end) || '/';
    if (this.#facts.path !== folder) this.#facts = this.#factsOf(folder);
    const name = path.slice(end + 1);
    if (this.#facts.markers.some((marker) => marker !== name)) return true;
    return oneFileSystem === true && this.#isElsewhere(path, folder, seen);
  }

  #factsOf(path: BytePath): FolderFacts {
    const { excludeIfPresent = [] } = this.#options.choice;
    const markers = excludeIfPresent.filter((marker) => this.#isMarked(path, marker));
    return { path, markers: markers.map(({ name }) => pathOfText(name)), device: this.#rootDevice(path) };
  }

  /** A folder on which another file system is mounted stays, without contents: a restore makes the place to mount it on. */
  #isElsewhere(path: BytePath, folder: BytePath, seen: Seen): boolean {
    const wanted = this.#devices.has(path) ? this.#devices.get(path) : this.#facts.device;
    if (wanted === undefined || seen.device === wanted) return false;
    return seen.type !== 'directory' || this.#deviceOf(folder) !== wanted;
  }

  #rootDevice(path: BytePath): number | undefined {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.#devices.has(at)) return this.#devices.get(at);
    }
    return this.#devices.get('/');
  }

  #deviceOf(path: BytePath): number | undefined {
    try {
      return this.#options.source.look(path).device;
    } catch (error) {
      if (isVaultError(error, 'not-found', 'source-unreadable')) return undefined;
      throw error;
    }
  }

  #isMarked(folder: BytePath, { name, header }: FolderMarker): boolean {
    const { source } = this.#options;
    const path = joinPath(folder, pathOfText(name));
    try {
      source.look(path);
      if (header === '' || this.#begins(path, Buffer.from(header))) return true;
      this.#doubt(path, 'it does not begin as it should');
    } catch (error) {
      if (isVaultError(error, 'source-unreadable')) this.#doubt(path, error.message);
      else if (!isVaultError(error, 'not-found')) throw error;
    }
    return false;
  }

  #begins(path: BytePath, header: Uint8Array): boolean {
    const file = this.#options.source.open(path);
    try {
      if (file.stat().type !== 'file') return false;
      const start = new Uint8Array(header.length);
      let length = 0;
      for (let more = -1; length < start.length && more !== 0; length += more) {
        more = file.read(start.subarray(length), length);
      }
      return length === header.length && Buffer.compare(start, header) === 0;
    } finally {
      file.close();
    }
  }

  #doubt(path: BytePath, why: string): void {
    if (this.#doubted.has(path)) return;
    this.#doubted.add(path);
    const shown = shownPath(path);
    this.#options.onProblem?.(
      new VaultError(
        'source-unreadable',
        `${shown} marks nothing (${why}): what lies beside it is backed up`,
      ),
    );
  }
}
