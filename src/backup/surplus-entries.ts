/** Finds what lies in a folder of the target and not in the snapshot's directory, and removes it. */
import type { BytePath } from './byte-path.ts';
import { nameText } from './name-text.ts';
import type { OpenDirectory } from './open-directories.ts';
import type { RestoreJob } from './restore-job.ts';
import type { TargetFolder } from './target-folder.ts';

export class SurplusEntries {
  readonly #job: RestoreJob;
  readonly #directory: OpenDirectory;
  /** Names that no entry has had so far, once somebody looked. */
  #names: Set<BytePath> | undefined;
  readonly #early: BytePath[] = [];

  constructor(job: RestoreJob, directory: OpenDirectory) {
    this.#job = job;
    this.#directory = directory;
  }

  /** Call for each entry of the snapshot's directory, asked for or not. */
  expect(name: BytePath): void {
    if (!this.#job.wishes.deletes || this.#job.wishes.ways.has(this.#directory.path)) return;
    const folder = this.#directory.folder(false);
    if (!folder) this.#early.push(name);
    else this.#in(folder).delete(name);
  }

  /** Call when the directory is known completely: removes what was asked for and not expected. */
  async remove(): Promise<void> {
    const { wishes, signal, tally } = this.#job;
    const folder = this.#directory.folder(false);
    if (!wishes.deletes || !folder || folder.fresh || wishes.ways.has(this.#directory.path)) return;
    for (const name of this.#in(folder)) {
      signal.throwIfAborted();
      if (wishes.filter && !wishes.filter.select([...this.#directory.names, nameText(name)]).selected)
        continue;
      const path = this.#directory.child(name);
      try {
        tally.deleted += await folder.remove(name, () => this.#job.breathe());
        tally.tell('deleted', () => path);
      } catch (error) {
        this.#job.fault(path, error);
      }
    }
  }

  #in(folder: TargetFolder): Set<BytePath> {
    if (this.#names) return this.#names;
    this.#names = new Set(this.#job.attempt(this.#directory.path, () => folder.list()));
    for (const name of this.#early) this.#names.delete(name);
    return this.#names;
  }
}
