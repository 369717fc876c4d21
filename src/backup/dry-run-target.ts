/** A folder of this machine that a restore only looks at, to say what it would do there. */
import * as fs from 'node:fs';
import type { NodeMetadata } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { type BytePath, joinNames, pathOfBytes, systemPath } from './byte-path.ts';
import { existingAt } from './existing-entry.ts';
import type { FileTarget, LostXattrs, PreparedTarget, PrepareOptions, Verified } from './file-target.ts';
import { namesIn, removeTree } from './folder-contents.ts';
import { type FolderHandle, openFolder, openRoot } from './folder-handle.ts';
import { inspectTarget } from './open-target-folder.ts';
import { targetError } from './target-error.ts';
import type { Attributes, Existing, PartialFile, Slot, TargetFolder } from './target-folder.ts';

class DryRunFolder implements TargetFolder {
  readonly path: BytePath;
  readonly fresh: boolean;
  /** `undefined` for a folder that is not there. */
  readonly #handle: FolderHandle | undefined;

  constructor(path: BytePath, handle: FolderHandle | undefined, fresh: boolean) {
    this.path = path;
    this.#handle = handle;
    this.fresh = fresh;
  }

  look(name: BytePath): Existing | undefined {
    const handle = this.#handle;
    return handle && this.#guard(name, () => existingAt(systemPath(handle.prefix + name)));
  }

  list(): readonly BytePath[] {
    const handle = this.#handle;
    return handle ? this.#guard('', () => namesIn(handle)) : [];
  }

  makeFolder({ name }: Slot): TargetFolder {
    const path = joinNames(this.path, name);
    const handle = this.#handle;
    if (!handle || this.look(name)?.type !== 'directory') return new DryRunFolder(path, undefined, true);
    return this.#guard(name, () => new DryRunFolder(path, openFolder(handle, name), false));
  }

  makeLink(): void {
    // It would be made.
  }

  makeSpecial(): void {
    // It would be made.
  }

  hardLink(): void {
    // It would be made.
  }

  openFile(): PartialFile {
    throw new VaultError('internal', 'bug: a rehearsed restore writes nothing');
  }

  refresh(): void {
    // Its attributes would be set.
  }

  async remove(name: BytePath, breathe: () => Promise<void>): Promise<number> {
    try {
      return this.#handle ? await removeTree(this.#handle, name, { breathe, dryRun: true }) : 0;
    } catch (error) {
      throw targetError(error, joinNames(this.path, name));
    }
  }

  finish(): void {
    if (this.#handle && this.#handle.fd >= 0) fs.closeSync(this.#handle.fd);
  }

  #guard<T>(name: BytePath, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw targetError(error, joinNames(this.path, name));
    }
  }
}

export class DryRunTarget implements FileTarget {
  readonly lostXattrs: LostXattrs = { count: 0, example: undefined };
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  prepare(options: PrepareOptions): PreparedTarget {
    const { root, fresh, resumed } = inspectTarget(this.#folder, options);
    const handle = root && openRoot(pathOfBytes(root));
    return { folder: new DryRunFolder('', handle, fresh), resumed };
  }

  attributesOf(node: NodeMetadata): Attributes {
    return node;
  }

  async writeBundle(): Promise<readonly VaultError[]> {
    throw new VaultError('internal', 'bug: a rehearsed restore writes nothing');
  }

  async verify(): Promise<Verified> {
    return { files: 0, bytes: 0 };
  }

  async close(): Promise<void> {
    // It has started nothing.
  }
}
