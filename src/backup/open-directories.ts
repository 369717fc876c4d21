/** Directories that a restore is still writing into: each gets its mode, owner and time after its last entry is there. */
import type { Attributes } from './file-target.ts';
import type { RestoreJob } from './restore-job.ts';

export class OpenDirectory {
  readonly path: Uint8Array;
  readonly depth: number;
  readonly #job: RestoreJob;
  readonly #parent: OpenDirectory | undefined;
  readonly #attributes: Attributes | undefined;
  #holds = 1;

  /** Held once by who makes it. Without attributes the directory stays as it is found. */
  constructor(job: RestoreJob, path: Uint8Array, attributes: Attributes | undefined, parent?: OpenDirectory) {
    this.#job = job;
    this.path = path;
    this.#attributes = attributes;
    this.#parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
    parent?.hold();
  }

  /** Something will still be written here. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#job.attempt(this.path, () => this.#job.target.finishDirectory(this.path, this.#attributes));
    this.#parent?.release();
  }

  /** Path of an entry of this directory. */
  child(name: Uint8Array): Uint8Array {
    if (this.path.length === 0) return new Uint8Array(name);
    const path = new Uint8Array(this.path.length + 1 + name.length);
    path.set(this.path);
    path[this.path.length] = 0x2f;
    path.set(name, this.path.length + 1);
    return path;
  }
}
