/** Directories that a restore is still writing into: each gets its mode, owner and time after its last entry is there. */
import { type BytePath, joinNames } from './byte-path.ts';
import { nameText } from './name-text.ts';
import type { RestoreJob } from './restore-job.ts';
import type { Attributes, TargetFolder } from './target-folder.ts';

export interface DirectoryOptions {
  readonly path: BytePath;
  readonly parent?: OpenDirectory | undefined;
  /** Makes or opens it, when the first entry is asked for or before. Throws what making folders throws. */
  readonly make: () => TargetFolder;
  /** What it is given at the end; without them it stays as it is found. */
  readonly attributes: (folder: TargetFolder) => Attributes | undefined;
  /** It was made, and is finished. */
  readonly onFinished?: () => void;
}

export class OpenDirectory {
  readonly path: BytePath;
  readonly depth: number;
  readonly #job: RestoreJob;
  readonly #options: DirectoryOptions;
  #names: readonly string[] | undefined;
  #folder: TargetFolder | undefined;
  #unusable = false;
  #holds = 1;

  /** Held once by who makes it. */
  constructor(job: RestoreJob, options: DirectoryOptions) {
    const { path, parent } = options;
    this.#job = job;
    this.#options = options;
    this.path = path;
    this.depth = parent ? parent.depth + 1 : 0;
    parent?.hold();
  }

  /** `undefined` when it cannot be made, which is told once, or was not needed yet and `make` is false. */
  folder(make = true): TargetFolder | undefined {
    if (this.#folder || this.#unusable || !make) return this.#folder;
    this.#folder = this.#job.attempt(this.path, this.#options.make);
    this.#unusable = this.#folder === undefined;
    return this.#folder;
  }

  /** From the target on, as patterns compare them. */
  get names(): readonly string[] {
    this.#names ??= this.path === '' ? [] : nameText(this.path).split('/');
    return this.#names;
  }

  /** Something will still be written here. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    const folder = this.#folder;
    if (folder) {
      this.#job.attempt(this.path, () => folder.finish(this.#options.attributes(folder)));
      this.#options.onFinished?.();
    }
    this.#options.parent?.release();
  }

  /** Path of an entry of this directory. */
  child(name: BytePath): BytePath {
    return joinNames(this.path, name);
  }
}
