/** Walks the directories of a snapshot in order and sets their entries to work: many files wait for their chunks while it goes on. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { DirectoryNode, FileNode, LinkNode, TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { Outcome } from './file-target.ts';
import { HardLinks } from './hard-links.ts';
import { OpenDirectory } from './open-directories.ts';
import { askEarly, PageLookahead } from './page-lookahead.ts';
import { restoreFile } from './restore-file.ts';
import type { RestoreJob } from './restore-job.ts';
import { Slots } from './slots.ts';
import { isSmallFile, SmallFiles } from './small-files.ts';
import { lastInOrder, MAX_DEPTH, pageKey, type TreeReader } from './tree-reader.ts';

/** Files accepted and not yet complete. Small ones are a few hundred bytes of memory each; large ones hold a file open. */
const MAX_FILES = 4096;
const MAX_LARGE_FILES = 8;
/** Chunks of large files asked for at once. */
const MAX_PARTS = 16;

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
  readonly #parts = new Slots(MAX_PARTS);
  /** Pages between the root and here: one that contains itself would never end. */
  readonly #ancestors = new Set<string>();
  #entriesLeft: number;
  #running = 0;
  #idle: (() => void) | undefined;

  constructor({ job, reader, maxEntries }: RestoreWalkOptions) {
    this.#job = job;
    this.#reader = reader;
    this.#small = new SmallFiles(job);
    this.#entriesLeft = maxEntries;
  }

  /** Restores the entries of `pages` into `directory` and below; rejects only with the job's reason to stop. */
  async directory(pages: readonly BlobRef[], directory: OpenDirectory): Promise<void> {
    let last: Uint8Array | undefined;
    for (const [i, ref] of pages.entries()) {
      const key = pageKey(ref);
      const following = pages[i + 1];
      if (following) askEarly(this.#job.chunks, this.#job.signal, following);
      const nodes = await this.#page(ref, key, directory);
      if (!nodes || !this.#job.attempt(directory.path, () => (last = lastInOrder(last, nodes)))) continue;
      this.#ancestors.add(key);
      const lookahead = new PageLookahead(this.#job.chunks, this.#job.signal, nodes);
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
    const path = directory.child(node.name);
    if (node.type === 'directory') await this.#subdirectory(path, node, directory);
    else if (node.type === 'symlink') this.#symlink(path, node);
    else await this.#file(path, node, directory);
  }

  /** Resolves when no file is under way any more. */
  async settle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  async #page(ref: BlobRef, key: string, directory: OpenDirectory): Promise<TreeNode[] | undefined> {
    try {
      if (this.#ancestors.has(key)) throw new VaultError('corrupt', 'this folder contains itself');
      return await this.#reader.page(ref, { signal: this.#job.signal });
    } catch (error) {
      this.#job.fault(directory.path, error);
      this.#job.signal.throwIfAborted();
      return undefined;
    }
  }

  async #subdirectory(path: Uint8Array, node: DirectoryNode, parent: OpenDirectory): Promise<void> {
    const { target, tally } = this.#job;
    let outcome: Outcome = 'written';
    const made = this.#job.attempt(path, () => {
      if (parent.depth >= MAX_DEPTH) throw new VaultError('corrupt', 'folders are nested too deep here');
      outcome = target.makeDirectory(path);
    });
    if (!made) return;
    tally.directories++;
    const directory = new OpenDirectory(this.#job, path, attributesUnless(outcome, node), parent);
    try {
      await this.directory(node.pages, directory);
    } finally {
      directory.release();
    }
  }

  #symlink(path: Uint8Array, node: LinkNode): void {
    this.#job.attempt(path, () => {
      const outcome = this.#job.target.makeLink(path, node.target, node);
      if (outcome === 'written') this.#job.tally.links++;
      else this.#job.tally.kept++;
    });
  }

  async #file(path: Uint8Array, node: FileNode, directory: OpenDirectory): Promise<void> {
    await this.#files.take();
    const first = this.#links.first(node);
    const slots = isSmallFile(node) ? undefined : this.#large;
    await slots?.take();
    this.#running++;
    directory.hold();
    const done = (outcome: Outcome | undefined, error?: unknown): void => {
      this.#finished(path, outcome, error);
      directory.release();
      slots?.give();
      this.#files.give();
      if (--this.#running === 0) this.#idle?.();
    };
    if (!first) await this.#content(path, node, done);
    else void first.then((existing) => this.#linked(path, node, existing, done));
  }

  /** Writes the content of a file; other names of the same file learn how it went. */
  async #content(path: Uint8Array, node: FileNode, done: Done): Promise<void> {
    const resolve = this.#links.open(node);
    const finished: Done = (outcome, error) => {
      resolve(outcome === 'written' ? path : undefined);
      done(outcome, error);
    };
    if (isSmallFile(node)) return this.#small.add({ path, node, done: finished });
    void restoreFile(this.#job, this.#parts, path, node).then(finished, (error) =>
      finished(undefined, error),
    );
  }

  /** Another name of a file; its own content again where a link cannot be made. */
  async #linked(
    path: Uint8Array,
    node: FileNode,
    existing: Uint8Array | undefined,
    done: Done,
  ): Promise<void> {
    if (existing && !this.#job.signal.aborted) {
      try {
        return done(this.#job.target.hardLink(path, existing));
      } catch (error) {
        if (error instanceof VaultError && error.code === 'target-exists') return done(undefined, error);
      }
    }
    await this.#content(path, node, done);
  }

  #finished(path: Uint8Array, outcome: Outcome | undefined, error: unknown): void {
    if (outcome === 'written') this.#job.tally.files++;
    else if (outcome === 'kept') this.#job.tally.kept++;
    else this.#job.fault(path, error);
  }
}

type Done = (outcome: Outcome | undefined, error?: unknown) => void;

function attributesUnless(outcome: Outcome, node: DirectoryNode): DirectoryNode | undefined {
  return outcome === 'kept' ? undefined : node;
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
