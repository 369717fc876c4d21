/** Restores one file whose content lies in several chunks: parts are written where they belong, in the order they arrive. */
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { contentRefs } from './content-refs.ts';
import type { Outcome, PartialFile } from './file-target.ts';
import type { RestoreJob } from './restore-job.ts';
import type { Slots } from './slots.ts';

/**
 * `parts` bounds the chunks asked for by all files together. Throws when the file could not be restored completely; then
 * nothing of it is left.
 */
export async function restoreFile(
  job: RestoreJob,
  parts: Slots,
  path: Uint8Array,
  node: FileNode,
): Promise<Outcome> {
  const file = job.target.openFile(path, node.size, node.sparse);
  if (file === 'kept') return file;
  const writer = new PartWriter(job, parts, file);
  try {
    try {
      await writer.writeAll(node);
    } catch (error) {
      file.discard();
      throw error;
    }
    file.finish(node);
    return 'written';
  } catch (error) {
    job.tally.bytes -= writer.written;
    throw error;
  }
}

class PartWriter {
  readonly #job: RestoreJob;
  readonly #parts: Slots;
  readonly #file: PartialFile;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown;
  written = 0;

  constructor(job: RestoreJob, parts: Slots, file: PartialFile) {
    this.#job = job;
    this.#parts = parts;
    this.#file = file;
  }

  async writeAll(node: FileNode): Promise<void> {
    const { chunks, signal } = this.#job;
    let position = 0;
    try {
      for await (const ref of contentRefs(chunks, node, { signal })) {
        if (position + ref.length > node.size) throw notItsSize(node.size);
        await this.#parts.take();
        if (this.#failure !== undefined || this.#job.signal.aborted) {
          this.#parts.give();
          break;
        }
        this.#start(ref, position);
        position += ref.length;
      }
    } finally {
      await Promise.all(this.#running);
    }
    if (this.#failure !== undefined) throw this.#failure;
    this.#job.signal.throwIfAborted();
    if (position !== node.size) throw notItsSize(node.size);
  }

  #start(ref: BlobRef, position: number): void {
    const running = this.#part(ref, position)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#running.delete(running);
        this.#parts.give();
      });
    this.#running.add(running);
  }

  async #part(ref: BlobRef, position: number): Promise<void> {
    const { chunks, signal, tally } = this.#job;
    const bytes = await chunks.bytes(ChunkKind.content, ref, { signal });
    await this.#job.breathe();
    if (this.#failure !== undefined) return;
    this.#file.write(position, bytes);
    this.written += bytes.length;
    tally.bytes += bytes.length;
  }
}

function notItsSize(size: number): VaultError {
  return new VaultError('corrupt', `the content of this file does not make up its ${size} bytes`);
}
