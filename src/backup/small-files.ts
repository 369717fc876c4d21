/** Restores files that lie within one chunk, a thousand to a bundle: all that wait for the same chunk are written when it comes. */
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { keyOf } from '../model/ids.ts';
import type { Outcome } from './file-target.ts';
import { sliceOf } from './opened-chunks.ts';
import type { RestoreJob } from './restore-job.ts';
import { Slots } from './slots.ts';

/** Bundles waited for or being written out at once: what bounds the memory of a slow disk (T4). */
const MAX_BATCHES = 20;
const EMPTY = new Uint8Array(0);

export interface SmallFile {
  readonly path: Uint8Array;
  readonly node: FileNode;
  /** Called exactly once: with the outcome, or with what went wrong. */
  readonly done: (outcome: Outcome | undefined, error?: unknown) => void;
}

interface Batch {
  readonly chunk: Uint8Array;
  readonly files: SmallFile[];
}

export function isSmallFile(node: FileNode): boolean {
  return !node.indirect && !node.sparse && node.content.length <= 1;
}

export class SmallFiles {
  readonly #job: RestoreJob;
  readonly #batches = new Map<string, Batch>();
  readonly #slots = new Slots(MAX_BATCHES);

  constructor(job: RestoreJob) {
    this.#job = job;
  }

  /** Resolves when the file is accepted, usually long before it is written. */
  async add(file: SmallFile): Promise<void> {
    const ref = file.node.content[0];
    if (!ref) return this.#write(file, EMPTY);
    const key = keyOf(ref.chunk);
    if (this.#join(key, file)) return;
    const here = this.#job.chunks.peek(ChunkKind.content, ref.chunk);
    if (here) return this.#write(file, here);
    await this.#slots.take();
    if (this.#join(key, file)) return this.#slots.give();
    const batch = { chunk: ref.chunk, files: [file] };
    this.#batches.set(key, batch);
    void this.#run(key, batch).finally(() => this.#slots.give());
  }

  #join(key: string, file: SmallFile): boolean {
    const waiting = this.#batches.get(key);
    waiting?.files.push(file);
    return waiting !== undefined;
  }

  /** Never rejects. */
  async #run(key: string, batch: Batch): Promise<void> {
    const { chunks, signal } = this.#job;
    let opened: Uint8Array | undefined;
    let failure: unknown;
    try {
      opened = await chunks.whole(ChunkKind.content, batch.chunk, { signal });
    } catch (error) {
      failure = error;
    }
    this.#batches.delete(key);
    for (const file of batch.files) {
      if (opened) await this.#job.breathe();
      if (opened && !signal.aborted) this.#write(file, opened);
      else file.done(undefined, failure ?? signal.reason);
    }
  }

  #write(file: SmallFile, opened: Uint8Array): void {
    try {
      const ref = file.node.content[0];
      const content = ref ? sliceOf(opened, ref) : EMPTY;
      if (content.length !== file.node.size) {
        throw new VaultError(
          'corrupt',
          `the content of this file does not make up its ${file.node.size} bytes`,
        );
      }
      const outcome = this.#job.target.writeFile(file.path, content, file.node);
      if (outcome === 'written') this.#job.tally.bytes += content.length;
      file.done(outcome);
    } catch (error) {
      file.done(undefined, error);
    }
  }
}
