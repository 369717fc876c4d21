/** Restores files that lie within one chunk, a hundred to a bundle: those of one chunk are gathered, and written together when it comes. */
import type { FileNode } from '../format/tree-page.ts';
import type { VaultError } from '../model/errors.ts';
import { type Digest, keyOf } from '../model/ids.ts';
import { FileTable, FLAG } from './file-table.ts';
import type { OpenDirectory } from './open-directories.ts';
import type { RestoreJob } from './restore-job.ts';
import type { Attributes, Place, Slot } from './target-folder.ts';

/**
 * Bundles that gather files at a time. Walking `src` of the benchmark with 1,038 bundles, files of earlier bundles in between
 * take 1,265 fetches with 8, 1,134 with 32 and 1,098 with 64.
 */
const GATHERING = 64;
/** So many, the latest, go on gathering while the walk has to wait. */
const GATHERING_STILL = 4;

export interface SmallFile {
  readonly place: Place;
  readonly directory: OpenDirectory;
  readonly node: FileNode;
  readonly sparse: boolean;
  /** Told, before anybody else, when the file is there or has failed. */
  readonly onDone?: ((error?: unknown) => void) | undefined;
}

/** Called exactly once for each file, with what went wrong if anything. */
export type Finished = (directory: OpenDirectory, slot: Slot, bytes: number, error?: unknown) => void;

class Batch {
  /** Empty files have no chunk. */
  readonly chunk: Digest | undefined;
  readonly files: FileTable = new FileTable();
  readonly directories: OpenDirectory[] = [];
  readonly onDone = new Map<number, (error?: unknown) => void>();

  constructor(chunk: Digest | undefined) {
    this.chunk = chunk;
  }

  add({ place, directory, node, sparse, onDone }: SmallFile, attributes: Attributes): void {
    if (onDone) this.onDone.set(this.files.count, onDone);
    this.files.add(place, { offset: node.content[0]?.offset ?? 0, length: node.size, sparse }, attributes);
    this.directories.push(directory);
  }
}

export function isSmallFile(node: FileNode): boolean {
  return !node.indirect && node.content.length <= 1;
}

export class SmallFiles {
  readonly #job: RestoreJob;
  readonly #finished: Finished;
  /** In the order of their last file. */
  readonly #gathering = new Map<string, Batch>();
  #latest = '';
  /** Batches that were begun and are not done. */
  #started = 0;

  constructor(job: RestoreJob, finished: Finished) {
    this.#job = job;
    this.#finished = finished;
  }

  /** Accepts a file, usually long before it is written. */
  add(file: SmallFile): void {
    const chunk = file.node.content[0]?.chunk;
    const key = chunk ? keyOf(chunk) : 'empty';
    this.#batch(key, chunk).add(file, this.#job.target.attributesOf(file.node));
    this.#startAllBut(GATHERING);
  }

  /** The walk waits for its next directory: time to begin with most of what was accepted. */
  hurry(): void {
    this.#startAllBut(GATHERING_STILL);
  }

  /** The walk waits until fewer files are under way: they must be. */
  makeRoom(): void {
    if (this.#started === 0) this.#startAllBut(this.#gathering.size / 2);
  }

  /** Begins with everything that was accepted. */
  flush(): void {
    this.#startAllBut(0);
  }

  #startAllBut(most: number): void {
    for (const oldest of this.#gathering.keys()) {
      if (this.#gathering.size <= most) return;
      this.#start(oldest);
    }
  }

  #batch(key: string, chunk: Digest | undefined): Batch {
    const known = this.#gathering.get(key);
    if (known && key === this.#latest) return known;
    const batch = known ?? new Batch(chunk && new Uint8Array(chunk)); // its own bytes: the page's are many more
    this.#gathering.delete(key);
    this.#gathering.set(key, batch);
    this.#latest = key;
    return batch;
  }

  #start(key: string): void {
    const batch = this.#gathering.get(key);
    this.#gathering.delete(key);
    if (batch) void this.#run(batch);
  }

  /** Never rejects. */
  async #run(batch: Batch): Promise<void> {
    const { fetches } = this.#job;
    this.#started++;
    await fetches.take();
    let faults: readonly (VaultError | undefined)[] = [];
    let failure: unknown;
    try {
      faults = await this.#write(batch);
    } catch (error) {
      failure = error;
    }
    fetches.give();
    this.#started--;
    await this.#job.breathe();
    for (const index of batch.directories.keys()) this.#finish(batch, index, failure ?? faults[index]);
  }

  async #write({ chunk, files }: Batch): Promise<readonly (VaultError | undefined)[]> {
    const { sealed, signal, target, wishes } = this.#job;
    signal.throwIfAborted();
    if (wishes.dryRun) return [];
    const bytes = chunk && (await sealed.get(chunk, signal));
    return await target.writeBundle(bytes, files);
  }

  #finish({ files, directories, onDone }: Batch, index: number, fault: unknown): void {
    const [directory, name] = [directories[index], files.names[index]];
    if (!directory || name === undefined) return;
    const bytes = files.of(index, 'length');
    if (fault === undefined) this.#job.tally.bytes += bytes;
    onDone.get(index)?.(fault);
    const replace = (files.of(index, 'flags') & FLAG.replace) !== 0;
    this.#finished(directory, { name, replace }, bytes, fault);
  }
}
