/**
 * Writes files of whole blocks straight to the disk, past the page cache (O_DIRECT). They are made durable at once anyway, so a copy in
 * the cache would only cost processor time and push out what others read (docs/decisions/0054-past-the-page-cache.md).
 */
import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { KiB } from '../model/units.ts';
import { fillFile } from './fill-file.ts';
import { Slots } from './slots.ts';

/** No disk asks for more: where in memory, where in the file and how much. Bytes. */
const BLOCK_BYTES: number = 4 * KiB;
/** From here on the length of every chunk is a number of whole blocks (C2: the steps of Padmé). Bytes. */
const LEAST_BYTES: number = 128 * KiB;
/** As many as the threads of the pool: more would only wait there, and each takes memory. */
const WRITES_AT_ONCE = 4;
const PAGE_OF_WEBASSEMBLY: number = 64 * KiB;

const opened = promisify(fs.open);

type Open = (path: string, flags: number, mode: number) => Promise<number>;

export class BlockWriter {
  readonly #open: Open;
  readonly #places = new Slots(WRITES_AT_ONCE);
  readonly #spare: Uint8Array[] = [];
  /** Other systems than Linux have no such flag. */
  #refused: boolean = fs.constants.O_DIRECT === undefined;

  constructor(open: Open = opened) {
    this.#open = open;
  }

  fits(bytes: number): boolean {
    return !this.#refused && bytes >= LEAST_BYTES && bytes <= MAX_SEALED_BYTES && bytes % BLOCK_BYTES === 0;
  }

  /**
   * Makes the file `path`, which must not exist, of `parts` end to end, `bytes` in all, which must fit; its content is durable, its name is not yet.
   * False when this file system cannot do that: nothing is at `path` then. Throws what the system says; a piece of the file may be left then.
   */
  async write(path: string, parts: readonly Uint8Array[], bytes: number, mode: number): Promise<boolean> {
    await this.#places.take();
    const buffer = this.#spare.pop() ?? alignedMemory(MAX_SEALED_BYTES);
    try {
      let at = 0;
      for (const part of parts) {
        buffer.set(part, at);
        at += part.length;
      }
      await this.#fill(path, buffer.subarray(0, bytes), mode);
      return true;
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      this.#refused = true;
      await rm(path, { force: true }); // some systems make the file before they refuse
      return false;
    } finally {
      this.#spare.push(buffer);
      this.#places.give();
    }
  }

  async #fill(path: string, blocks: Uint8Array, mode: number): Promise<void> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_DIRECT } = fs.constants;
    const descriptor = await this.#open(path, O_WRONLY | O_CREAT | O_EXCL | O_DIRECT, mode);
    await fillFile(descriptor, [blocks]);
  }
}

/** Only memory of WebAssembly is known to begin where a page begins. What is not touched costs nothing. */
function alignedMemory(bytes: number): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_OF_WEBASSEMBLY) });
  return new Uint8Array(memory.buffer);
}

function isRefusal(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  return code === 'EINVAL' || code === 'ENOTSUP' || code === 'EOPNOTSUPP';
}
