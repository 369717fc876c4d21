/** Restores one file whose content lies in several chunks: parts are written where they belong, in the order they arrive. */
import type { BlobRef } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { RestoreJob } from './restore-job.ts';
import type { PartialFile, Place } from './target-folder.ts';

/** Throws when the file could not be restored completely; then nothing of it is left. */
export async function restoreFile(
  job: RestoreJob,
  place: Place,
  node: FileNode,
  sparse: boolean,
): Promise<void> {
  const file = place.folder.openFile(place, node.size, sparse);
  const writer = new PartWriter(job, file);
  try {
    try {
      await writer.writeAll(node);
    } catch (error) {
      file.discard();
      throw error;
    }
    file.finish(node);
  } catch (error) {
    job.tally.bytes -= writer.written;
    throw error;
  }
}

class PartWriter {
  readonly #job: RestoreJob;
  readonly #file: PartialFile;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown;
  written = 0;

  constructor(job: RestoreJob, file: PartialFile) {
    this.#job = job;
    this.#file = file;
  }

  async writeAll(node: FileNode): Promise<void> {
    const { fetches, signal } = this.#job;
    let position = 0;
    try {
      for await (const ref of this.#refs(node)) {
        if (position + ref.length > node.size) throw notItsSize(node.size);
        await fetches.take();
        if (this.#failure !== undefined || signal.aborted) {
          fetches.give();
          break;
        }
        this.#start(ref, position);
        position += ref.length;
      }
    } finally {
      await Promise.all(this.#running);
    }
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
    if (position !== node.size) throw notItsSize(node.size);
  }

  async *#refs(node: FileNode): AsyncGenerator<BlobRef> {
    if (!node.indirect) {
      yield* node.content;
      return;
    }
    const { opened, signal } = this.#job;
    for (const list of node.content) {
      yield* decodeContentList(await opened.bytes(ChunkKind.list, list, { signal }));
    }
  }

  #start(ref: BlobRef, position: number): void {
    const running = this.#part(ref, position)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#running.delete(running);
        this.#job.fetches.give();
      });
    this.#running.add(running);
  }

  async #part(ref: BlobRef, position: number): Promise<void> {
    const { sealed, signal, tally } = this.#job;
    const bytes = await sealed.get(ref.chunk, signal);
    await this.#job.breathe();
    if (this.#failure !== undefined) return;
    await this.#file.write(position, bytes, ref);
    this.written += ref.length;
    tally.bytes += ref.length;
  }
}

function notItsSize(size: number): VaultError {
  return new VaultError('corrupt', `the content of this file does not make up its ${size} bytes`);
}
