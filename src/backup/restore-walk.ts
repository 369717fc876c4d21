/** Walks the directories of a snapshot in order and sets their entries to work: many files wait for their chunks while it goes on. */
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { DirectoryNode, FileNode, LinkNode, TreeNode } from '../format/tree-page.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type BytePath, pathOfBytes } from './byte-path.ts';
import { HardLinks } from './hard-links.ts';
import { OpenDirectory } from './open-directories.ts';
import { type Verdict, verdictOn } from './overwrite-policy.ts';
import { askEarly, PageLookahead } from './page-lookahead.ts';
import { restoreFile } from './restore-file.ts';
import type { RestoreJob } from './restore-job.ts';
import { Slots } from './slots.ts';
import { isSmallFile, SmallFiles } from './small-files.ts';
import { errorOf } from './target-error.ts';
import type { Place, TargetFolder } from './target-folder.ts';
import { lastInOrder, MAX_DEPTH, pageKey, type TreeReader } from './tree-reader.ts';

/** Files accepted and not yet complete. Small ones are a few hundred bytes of memory each; large ones hold a file open. */
const MAX_FILES = 8192;
const MAX_LARGE_FILES = 8;
/** Directories that wait for their last file; each holds a descriptor. */
const MAX_DIRECTORIES = 512;

export interface RestoreWalkOptions {
  readonly job: RestoreJob;
  readonly reader: TreeReader;
  /** More entries than this are no honest snapshot. */
  readonly maxEntries: number;
}

export class RestoreWalk {
  readonly #job: RestoreJob;
  readonly #reader: TreeReader;
  readonly #small: SmallFiles;
  readonly #links = new HardLinks();
  readonly #files = new Slots(MAX_FILES);
  readonly #large = new Slots(MAX_LARGE_FILES);
  /** Pages between the root and here: one that contains itself would never end. */
  readonly #ancestors = new Set<string>();
  #entriesLeft: number;
  #directories = 0;
  #running = 0;
  #onFileDone: () => void = () => undefined;

  constructor({ job, reader, maxEntries }: RestoreWalkOptions) {
    this.#job = job;
    this.#reader = reader;
    this.#small = new SmallFiles(job, (directory, name, error) => this.#finished(directory, name, error));
    this.#entriesLeft = maxEntries;
  }

  /** Restores the entries of `pages` into `directory` and below; rejects only with the job's reason to stop. */
  async directory(pages: readonly BlobRef[], directory: OpenDirectory): Promise<void> {
    let last: Uint8Array | undefined;
    for (const [i, ref] of pages.entries()) {
      const key = pageKey(ref);
      const following = pages[i + 1];
      if (following) askEarly(this.#job.opened, this.#job.signal, following);
      const nodes = await this.#page(ref, key, directory);
      if (!nodes || !this.#inOrder(last, nodes, directory)) continue;
      last = nodes.at(-1)?.name ?? last;
      this.#ancestors.add(key);
      const lookahead = new PageLookahead(this.#job.opened, this.#job.signal, nodes);
      for (const node of nodes) {
        lookahead.step(node);
        await this.entry(node, directory);
      }
      this.#ancestors.delete(key);
    }
  }

  /** Restores one entry into `directory`. */
  async entry(node: TreeNode, directory: OpenDirectory): Promise<void> {
    await this.#job.breathe();
    if (this.#entriesLeft-- <= 0) this.#job.stop(tooMany());
    this.#job.signal.throwIfAborted();
    const name = pathOfBytes(node.name);
    const verdict = this.#job.attempt(directory.child(name), () => this.#verdict(node, directory, name));
    if (verdict === undefined) return;
    if (verdict === 'keep') this.#job.tally.kept++;
    else if (node.type === 'directory') await this.#subdirectory(node, directory, name, verdict);
    else {
      const place = { folder: directory.folder, name, replace: verdict === 'replace' };
      if (node.type === 'symlink') this.#symlink(place, node, directory);
      else await this.#file(place, node, directory);
    }
  }

  /** Resolves when no file is under way any more. */
  async settle(): Promise<void> {
    while (this.#running > 0) {
      this.#small.flush();
      await this.#fileDone();
    }
  }

  #verdict(node: TreeNode, directory: OpenDirectory, name: BytePath): Exclude<Verdict, object> {
    const verdict = verdictOn(this.#job.overwrite, node.type, directory.folder.look(name));
    if (typeof verdict !== 'object') return verdict;
    throw errorOf(
      { code: 'target-exists', why: `${verdict.blocked} is in the way there` },
      directory.child(name),
    );
  }

  async #page(ref: BlobRef, key: string, directory: OpenDirectory): Promise<TreeNode[] | undefined> {
    try {
      if (this.#ancestors.has(key)) throw new VaultError('corrupt', 'this folder contains itself');
      if (!this.#job.opened.peek(ChunkKind.tree, ref.chunk)) this.#small.hurry();
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
    verdict: Exclude<Verdict, object>,
  ): Promise<void> {
    const slot = { name, replace: verdict === 'replace' };
    while (this.#directories >= MAX_DIRECTORIES && this.#running > 0) {
      this.#small.makeRoom();
      await this.#fileDone();
    }
    const folder = this.#job.attempt(parent.child(name), () => {
      if (parent.depth >= MAX_DEPTH) throw new VaultError('corrupt', 'folders are nested too deep here');
      return parent.folder.makeFolder(slot, node, verdict !== 'make');
    });
    if (!folder) return;
    this.#job.tally.directories++;
    this.#directories++;
    const directory = new OpenDirectory(this.#job, folder, this.#attributes(node, folder), parent, () => {
      this.#directories--;
    });
    try {
      await this.directory(node.pages, directory);
    } finally {
      directory.release();
    }
  }

  #attributes(node: DirectoryNode, folder: TargetFolder): DirectoryNode | undefined {
    return folder.fresh || this.#job.overwrite !== 'never' ? node : undefined;
  }

  #symlink(place: Place, node: LinkNode, directory: OpenDirectory): void {
    this.#job.attempt(directory.child(place.name), () => {
      place.folder.makeLink(place, node.target, node);
      this.#job.tally.links++;
    });
  }

  async #file(place: Place, node: FileNode, directory: OpenDirectory): Promise<void> {
    const room = this.#files.take();
    if (room) {
      this.#small.makeRoom();
      await room;
    }
    const first = this.#links.first(node);
    if (!isSmallFile(node)) await this.#large.take();
    this.#running++;
    directory.hold();
    if (!first) this.#content(place, node, directory);
    else void first.then((existing) => this.#linked(place, node, directory, existing));
  }

  /** Writes the content of a file; other names of the same file learn how it went. */
  #content(place: Place, node: FileNode, directory: OpenDirectory): void {
    const resolve = this.#links.open(node);
    const onDone = resolve && ((error?: unknown) => resolve(error === undefined ? place : undefined));
    const { sparse } = node;
    if (isSmallFile(node)) {
      this.#small.add({ place, directory, node, sparse, onDone });
      return;
    }
    const done = (error?: unknown): void => {
      onDone?.(error);
      this.#large.give();
      this.#finished(directory, place.name, error);
    };
    restoreFile(this.#job, place, node, sparse).then(() => done(), done);
  }

  /** Another name of a file; its own content again where a link cannot be made. */
  #linked(place: Place, node: FileNode, directory: OpenDirectory, existing: Place | undefined): void {
    if (existing && !this.#job.signal.aborted) {
      const outcome = this.#link(place, existing);
      if (outcome !== 'no link') {
        if (!isSmallFile(node)) this.#large.give();
        this.#finished(directory, place.name, outcome);
        return;
      }
    }
    this.#content(place, node, directory);
    this.#small.flush(); // the walk, which would do it, may have ended
  }

  #link(place: Place, existing: Place): 'no link' | VaultError | undefined {
    try {
      place.folder.hardLink(place, existing);
      return undefined;
    } catch (error) {
      return isVaultError(error, 'target-exists') ? error : 'no link';
    }
  }

  #finished(directory: OpenDirectory, name: BytePath, error?: unknown): void {
    if (error === undefined) this.#job.tally.files++;
    else this.#job.fault(directory.child(name), error);
    directory.release();
    this.#files.give();
    this.#running--;
    this.#onFileDone();
  }

  #fileDone(): Promise<void> {
    return new Promise((resolve) => {
      this.#onFileDone = resolve;
    });
  }
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
