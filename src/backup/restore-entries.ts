/** Restores what is no directory: small files by the bundle, large ones in parts, links, pipes, devices, and the names that are one file. */
import type { DirectoryNode, FileNode, LinkNode, SpecialNode, TreeNode } from '../format/tree-page.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import { Slots } from '../runtime/slots.ts';
import type { BytePath } from './byte-path.ts';
import { HardLinks } from './hard-links.ts';
import type { OpenDirectory } from './open-directories.ts';
import { restoreFile } from './restore-file.ts';
import type { RestoreJob } from './restore-job.ts';
import { isSmallFile, SmallFiles } from './small-files.ts';
import type { Existing, Place } from './target-folder.ts';

/** Files accepted and not yet complete. Small ones are a few hundred bytes of memory each; large ones hold a file open. */
const MAX_FILES = 8192;
const MAX_LARGE_FILES = 8;
/** Smaller ones gain nothing by a hole. */
const LEAST_HOLE: number = 4 * KiB;

type Leaf = Exclude<TreeNode, DirectoryNode>;

export class RestoreEntries {
  readonly #job: RestoreJob;
  readonly #small: SmallFiles;
  readonly #links = new HardLinks();
  readonly #files = new Slots(MAX_FILES);
  readonly #large = new Slots(MAX_LARGE_FILES);
  #running = 0;
  #onFileDone: () => void = () => undefined;

  constructor(job: RestoreJob) {
    this.#job = job;
    this.#small = new SmallFiles(job, (...outcome) => this.#finished(...outcome));
  }

  /** Files accepted and not yet complete. */
  get running(): number {
    return this.#running;
  }

  /** The walk waits for its next directory. */
  hurry(): void {
    this.#small.hurry();
  }

  /** Waits until fewer files are under way. */
  async fewer(): Promise<void> {
    this.#small.makeRoom();
    await this.#fileDone();
  }

  /** Resolves when no file is under way any more. */
  async settle(): Promise<void> {
    while (this.#running > 0) {
      this.#small.flush();
      await this.#fileDone();
    }
  }

  /** The entry is there, or what is there stays. `same`: its content is what it should be, its attributes perhaps not. */
  keep(place: Place, node: Leaf, existing: Existing, same: boolean): void {
    const { tally, target, wishes } = this.#job;
    const path = (): BytePath => pathOf(place);
    this.#job.attempt(path(), () => {
      if (same && !wishes.dryRun) place.folder.refresh(place.name, target.attributesOf(node), existing);
      if (same && node.type === 'file') this.#links.open(node)?.(place);
      const bytes = node.type === 'file' ? node.size : 0;
      tally.kept++;
      tally.keptBytes += bytes;
      tally.tell('unchanged', path, bytes);
    });
  }

  /** Resolves when the entry is accepted, usually long before it is complete. */
  async restore(place: Place, node: Leaf, directory: OpenDirectory): Promise<void> {
    if (node.type === 'symlink') this.#symlink(place, node);
    else if (node.type !== 'file') this.#special(place, node);
    else await this.#file(place, node, directory);
  }

  #symlink(place: Place, node: LinkNode): void {
    const { tally, target } = this.#job;
    this.#job.attempt(pathOf(place), () => {
      place.folder.makeLink(place, node.target, target.attributesOf(node));
      tally.links++;
      tally.tell(place.replace ? 'updated' : 'restored', () => pathOf(place));
    });
  }

  #special(place: Place, node: SpecialNode): void {
    const { tally, target } = this.#job;
    this.#job.attempt(pathOf(place), () => {
      place.folder.makeSpecial(place, node, target.attributesOf(node));
      tally.specials++;
      tally.tell(place.replace ? 'updated' : 'restored', () => pathOf(place));
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
    const sparse = node.sparse || (this.#job.wishes.sparse && node.size >= LEAST_HOLE);
    if (isSmallFile(node)) {
      this.#small.add({ place, directory, node, sparse, onDone });
      return;
    }
    const done = (error?: unknown): void => {
      onDone?.(error);
      this.#large.give();
      this.#finished(directory, place, node.size, error);
    };
    restoreFile(this.#job, place, node, sparse).then(() => done(), done);
  }

  /** Another name of a file; its own content again where a link cannot be made. */
  #linked(place: Place, node: FileNode, directory: OpenDirectory, existing: Place | undefined): void {
    if (existing && !this.#job.signal.aborted) {
      const outcome = this.#link(place, existing);
      if (outcome !== 'no link') {
        if (!isSmallFile(node)) this.#large.give();
        this.#finished(directory, place, 0, outcome);
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

  #finished(directory: OpenDirectory, slot: Omit<Place, 'folder'>, bytes: number, error?: unknown): void {
    const { tally } = this.#job;
    if (error === undefined) {
      tally.files++;
      tally.tell(slot.replace ? 'updated' : 'restored', () => directory.child(slot.name), bytes);
    } else this.#job.fault(directory.child(slot.name), error);
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

function pathOf({ folder, name }: Place): BytePath {
  return folder.path === '' ? name : `${folder.path}/${name}`;
}
