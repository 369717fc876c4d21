/** The temporary folder of a run, and everything that must not outlive it: processes, namespaces, folders; also after Ctrl-C. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

type Undo = () => Promise<void> | void;

export class Workspace {
  readonly root: string = mkdtempSync(path.join(os.tmpdir(), 'vault-bench-'));
  /** Should the disks come to rest before each measured command? */
  readonly settle: boolean;
  readonly #keep: boolean;
  readonly #undo: Undo[] = [];
  readonly #children = new Set<ChildProcess>();
  #serial = 0;
  #ended: Promise<void> | undefined;

  constructor({ keep, settle }: { readonly keep: boolean; readonly settle: boolean }) {
    this.#keep = keep;
    this.settle = settle;
  }

  get isEnding(): boolean {
    return this.#ended !== undefined;
  }

  /** A new, empty folder. */
  folder(name: string): string {
    const folder = path.join(this.root, `${this.#serial++}-${name}`);
    mkdirSync(folder);
    return folder;
  }

  /** Done at the end, last one first. */
  onEnd(undo: Undo): void {
    this.#undo.push(undo);
  }

  /** Killed at the end if it still runs then. Throws, and kills it, when the run is over already. */
  watch<Child extends ChildProcess>(child: Child): Child {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    child.once('error', () => this.#children.delete(child));
    if (this.#ended) {
      void kill(child);
      throw new Error('the benchmark is ending');
    }
    return child;
  }

  /** Removes a folder that is not needed any more; a failure only leaves it for the end. */
  async remove(folder: string): Promise<void> {
    if (!this.#keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Safe to call twice. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#children].map(kill));
    for (const undo of this.#undo.toReversed()) await undo();
    await this.remove(this.root);
  }
}

/** Resolves when it is gone. One that we talk to is asked, so that it kills its own children before. */
function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    if (child.connected) child.send('end', () => undefined);
    else child.kill('SIGKILL');
  });
}
