/** Directories that a restore is still writing into: each gets its mode, owner and time after its last entry is there. */
import { type BytePath, joinNames } from './byte-path.ts';
import type { RestoreJob } from './restore-job.ts';
import type { Attributes, TargetFolder } from './target-folder.ts';

export class OpenDirectory {
  readonly folder: TargetFolder;
  readonly depth: number;
  readonly #job: RestoreJob;
  readonly #parent: OpenDirectory | undefined;
  readonly #attributes: Attributes | undefined;
  readonly #finished: () => void;
  #holds = 1;

  /** Held once by who makes it. Without attributes the directory stays as it is found. */
  constructor(
    job: RestoreJob,
    folder: TargetFolder,
    attributes: Attributes | undefined,
    parent?: OpenDirectory,
    finished: () => void = () => undefined,
  ) {
    this.#job = job;
    this.folder = folder;
    this.#attributes = attributes;
    this.#parent = parent;
    this.#finished = finished;
    this.depth = parent ? parent.depth + 1 : 0;
    parent?.hold();
  }

  get path(): BytePath {
    return this.folder.path;
  }

  /** Something will still be written here. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#job.attempt(this.path, () => this.folder.finish(this.#attributes));
    this.#finished();
    this.#parent?.release();
  }

  /** Path of an entry of this directory. */
  child(name: BytePath): BytePath {
    return joinNames(this.path, name);
  }
}
