/** Restores one file whose content lies in several chunks: parts are written where they belong, in the order they arrive. */
import { digestOf } from '../crypto/digest.ts';
import { type BlobRef, packRefs } from '../format/blob-ref.ts';
import type { FileNode } from '../format/tree-page.ts';
import { concatBytes, toHex, utf8 } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import { contentRefs } from './content-refs.ts';
import { ChunkRecogniser } from './recognise-chunk.ts';
import type { RestoreJob } from './restore-job.ts';
import type { PartialFile, Place } from './target-folder.ts';

/** What was written is worth keeping for a later restore from here on. */
const WORTH_KEEPING: number = 8 * MiB;

/** Throws when the file could not be restored completely; then its name has nothing of it. */
export async function restoreFile(
  job: RestoreJob,
  place: Place,
  node: FileNode,
  sparse: boolean,
): Promise<void> {
  if (job.wishes.dryRun) {
    job.tally.bytes += node.size;
    return;
  }
  const attributes = job.target.attributesOf(node);
  const file = place.folder.openFile(place, node.size, sparse, contentKey(node));
  const writer = new PartWriter(job, file);
  try {
    try {
      await writer.writeAll(node);
    } catch (error) {
      if (writer.written + writer.found >= WORTH_KEEPING && mayComeBack(job, error)) file.leave();
      else file.discard();
      throw error;
    }
    file.finish(attributes);
  } catch (error) {
    job.tally.bytes -= writer.written;
    job.tally.keptBytes -= writer.found;
    throw error;
  }
}

/** 16 hex characters that another content, name or time would make others. */
function contentKey({ name, size, mtime, content }: FileNode): string {
  const facts = utf8(`/${size}/${mtime.seconds}.${mtime.nanoseconds}/`);
  return toHex(digestOf(concatBytes(name, facts, packRefs(content)))).slice(0, 16);
}

/** The same restore may succeed another time. */
function mayComeBack(job: RestoreJob, error: unknown): boolean {
  return job.signal.aborted || isVaultError(error, 'unavailable', 'timeout', 'closed');
}

class PartWriter {
  readonly #job: RestoreJob;
  readonly #file: PartialFile;
  readonly #recogniser: ChunkRecogniser;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown;
  written = 0;
  /** Bytes that an interrupted restore has left, and that are what they should be. */
  found = 0;

  constructor(job: RestoreJob, file: PartialFile) {
    this.#job = job;
    this.#file = file;
    this.#recogniser = new ChunkRecogniser(job.keys);
  }

  async writeAll(node: FileNode): Promise<void> {
    const { opened, fetches, signal } = this.#job;
    let position = 0;
    try {
      for await (const ref of contentRefs(opened, node, { signal })) {
        if (position + ref.length > node.size) throw notItsSize(node.size);
        if (this.#file.adopted && (await this.#isThere(ref, position))) {
          position += ref.length;
          continue;
        }
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

  /** What was left is believed where it makes the same chunk, and fetched again where not. */
  async #isThere(ref: BlobRef, position: number): Promise<boolean> {
    await this.#job.breathe();
    if (ref.offset !== 0) return false;
    const plain = this.#file.read(position, ref.length);
    if (plain.length < ref.length) return false;
    if (!this.#recogniser.matches(plain, ref.chunk)) return false;
    this.found += ref.length;
    this.#job.tally.keptBytes += ref.length;
    return true;
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
