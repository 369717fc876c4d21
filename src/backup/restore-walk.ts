/** Walks the directories of a snapshot in order, chooses what was asked for, and sets it to work: many files wait for their chunks while it goes on. */
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { DirectoryNode, TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { type BytePath, pathOfBytes } from './byte-path.ts';
import { nameText } from './name-text.ts';
import { OpenDirectory } from './open-directories.ts';
import { type Verdict, verdictOn } from './overwrite-policy.ts';
import { askEarly, PageLookahead } from './page-lookahead.ts';
import { RestoreEntries } from './restore-entries.ts';
import type { Selection } from './restore-filter.ts';
import type { RestoreJob } from './restore-job.ts';
import { SurplusEntries } from './surplus-entries.ts';
import { errorOf } from './target-error.ts';
import type { Attributes, TargetFolder } from './target-folder.ts';
import { lastInOrder, MAX_DEPTH, pageKey, type TreeReader } from './tree-reader.ts';

/** Directories that wait for their last file; each holds a descriptor. */
const MAX_DIRECTORIES = 512;
const ALL: Selection = { selected: true, below: true };

export interface RestoreWalkOptions {
  readonly job: RestoreJob;
  readonly reader: TreeReader;
  /** More entries than this are no honest snapshot. */
  readonly maxEntries: number;
}

export class RestoreWalk {
  readonly #job: RestoreJob;
  readonly #reader: TreeReader;
  readonly #entries: RestoreEntries;
  /** Pages between the root and here: one that contains itself would never end. */
  readonly #ancestors = new Set<string>();
  #entriesLeft: number;
  #directories = 0;

  constructor({ job, reader, maxEntries }: RestoreWalkOptions) {
    this.#job = job;
    this.#reader = reader;
    this.#entries = new RestoreEntries(job);
    this.#entriesLeft = maxEntries;
  }

  /** Restores the entries of `pages` into `directory` and below; rejects only with the job's reason to stop. */
  async directory(pages: readonly BlobRef[], directory: OpenDirectory): Promise<void> {
    const surplus = new SurplusEntries(this.#job, directory);
    let last: Uint8Array | undefined;
    let complete = true;
    for (const [i, ref] of pages.entries()) {
      const key = pageKey(ref);
      const following = pages[i + 1];
      if (following) askEarly(this.#job.opened, this.#job.signal, following);
      const nodes = await this.#page(ref, key, directory);
      if (!nodes || !this.#inOrder(last, nodes, directory)) {
        complete = false;
        continue;
      }
      last = nodes.at(-1)?.name ?? last;
      this.#ancestors.add(key);
      const lookahead = new PageLookahead(this.#job.opened, this.#job.signal, nodes);
      for (const node of nodes) {
        lookahead.step(node);
        await this.entry(node, directory, surplus);
      }
      this.#ancestors.delete(key);
    }
    if (complete) await surplus.remove();
  }

  /** Restores one entry into `directory`. */
  async entry(node: TreeNode, directory: OpenDirectory, surplus?: SurplusEntries): Promise<void> {
    await this.#job.breathe();
    if (this.#entriesLeft-- <= 0) this.#job.stop(tooMany());
    this.#job.signal.throwIfAborted();
    const name = pathOfBytes(node.name);
    surplus?.expect(name);
    const { selected, below } = this.#selection(directory, name);
    if (node.type === 'directory') {
      if (selected || below) await this.#subdirectory(node, directory, name, { selected, below });
    } else if (selected) await this.#leaf(node, directory, name);
  }

  /** Resolves when no file is under way any more. */
  settle(): Promise<void> {
    return this.#entries.settle();
  }

  #selection(directory: OpenDirectory, name: BytePath): Selection {
    const { filter } = this.#job.wishes;
    return filter ? filter.select([...directory.names, nameText(name)]) : ALL;
  }

  async #leaf(
    node: Exclude<TreeNode, DirectoryNode>,
    directory: OpenDirectory,
    name: BytePath,
  ): Promise<void> {
    const folder = directory.folder();
    if (!folder) return;
    const path = directory.child(name);
    const existing = this.#job.attempt(path, () => ({ entry: folder.look(name) }));
    if (!existing) return;
    const verdict = this.#job.attempt(path, () => this.#verdict(node, path, existing.entry));
    if (verdict === undefined) return;
    if (verdict === 'clear') {
      if (!(await this.#cleared(folder, name, path))) return;
    } else if ((verdict === 'keep' || verdict === 'same') && existing.entry) {
      this.#entries.keep({ folder, name, replace: false }, node, existing.entry, verdict === 'same');
      return;
    }
    await this.#entries.restore({ folder, name, replace: verdict === 'replace' }, node, directory);
  }

  #verdict(
    node: TreeNode,
    path: BytePath,
    existing: ReturnType<TargetFolder['look']>,
  ): Exclude<Verdict, object> {
    const { policy, deletes } = this.#job.wishes;
    const verdict = verdictOn(policy, node, existing, deletes);
    if (typeof verdict !== 'object') return verdict;
    throw inTheWay(verdict.blocked, path);
  }

  /** Removes the folder that is where something else belongs. */
  async #cleared(folder: TargetFolder, name: BytePath, path: BytePath): Promise<boolean> {
    try {
      this.#job.tally.deleted += await folder.remove(name, () => this.#job.breathe());
      this.#job.tally.tell('deleted', () => path);
      return true;
    } catch (error) {
      this.#job.fault(path, error);
      return false;
    }
  }

  async #page(ref: BlobRef, key: string, directory: OpenDirectory): Promise<TreeNode[] | undefined> {
    try {
      if (this.#ancestors.has(key)) throw new VaultError('corrupt', 'this folder contains itself');
      if (!this.#job.opened.peek(ChunkKind.tree, ref.chunk)) this.#entries.hurry();
      return await this.#reader.page(ref, { signal: this.#job.signal });
    } catch (error) {
      this.#job.fault(directory.path, error);
      this.#job.signal.throwIfAborted();
      return undefined;
    }
  }

  #inOrder(last: Uint8Array | undefined, nodes: readonly TreeNode[], directory: OpenDirectory): boolean {
    return (
      this.#job.attempt(directory.path, () => {
        lastInOrder(last, nodes);
        return true;
      }) ?? false
    );
  }

  async #subdirectory(
    node: DirectoryNode,
    parent: OpenDirectory,
    name: BytePath,
    { selected, below }: Selection,
  ): Promise<void> {
    while (this.#directories >= MAX_DIRECTORIES && this.#entries.running > 0) await this.#entries.fewer();
    const directory = new OpenDirectory(this.#job, {
      path: parent.child(name),
      parent,
      make: () => this.#make(node, parent, name),
      attributes: (folder) => this.#attributes(node, folder, selected),
      onFinished: () => this.#directories--,
    });
    try {
      if (selected && !directory.folder()) return;
      if (below) await this.directory(node.pages, directory);
    } finally {
      directory.release();
    }
  }

  #make(node: DirectoryNode, parent: OpenDirectory, name: BytePath): TargetFolder {
    const above = parent.folder();
    const path = parent.child(name);
    if (!above) throw new VaultError('target-unwritable', 'the folder above could not be made');
    if (parent.depth >= MAX_DEPTH) throw new VaultError('corrupt', 'folders are nested too deep here');
    const verdict = this.#verdict(node, path, above.look(name));
    const { target, tally, wishes } = this.#job;
    if (verdict === 'replace' && wishes.ways.has(path)) throw inTheWay('something that is no folder', path);
    const slot = { name, replace: verdict === 'replace' };
    const folder = above.makeFolder(slot, target.attributesOf(node), verdict !== 'make');
    this.#directories++;
    tally.directories++;
    tally.tell(verdict === 'make' ? 'restored' : verdict === 'open' ? 'unchanged' : 'updated', () => path);
    return folder;
  }

  /** A folder that was there keeps its own when nothing shall be overwritten, and when nobody asked for the folder itself. */
  #attributes(node: DirectoryNode, folder: TargetFolder, selected: boolean): Attributes | undefined {
    const { policy, ways } = this.#job.wishes;
    const passed = ways.has(folder.path) || (!selected && policy !== 'resume');
    const stays = !folder.fresh && (policy === 'never' || passed);
    return stays ? undefined : this.#job.target.attributesOf(node);
  }
}

function inTheWay(what: string, path: BytePath): VaultError {
  return errorOf({ code: 'target-exists', why: `${what} is in the way there` }, path);
}

function tooMany(): VaultError {
  return new VaultError(
    'corrupt',
    'this snapshot unfolds into more entries than it says it has; the restore stopped',
    {
      hint: 'Restore a part of it with SNAPSHOT:PATH.',
    },
  );
}
