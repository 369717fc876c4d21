/** What a restore has written, with its sums, on the disk until it is read back: its memory does not grow with the number of files (T4). */
import * as fs from 'node:fs';
import { KiB } from '../model/units.ts';
import type { BytePath } from './byte-path.ts';
import { SUM_BYTES } from './compare-parts.ts';

export interface WrittenPart {
  /** Relative to the target. */
  readonly path: BytePath;
  readonly position: number;
  readonly length: number;
  /** It is all of the file. */
  readonly whole: boolean;
  readonly sum: Uint8Array;
}

const HEAD_BYTES = 4 + 8 + 8 + 1 + SUM_BYTES;
const BUFFER_BYTES: number = 64 * KiB;

/** Its file has no name any more once it is open, so that nothing is left of it whatever happens. */
export class VerifyLog {
  readonly #fd: number;
  #buffer: Buffer = Buffer.alloc(BUFFER_BYTES);
  /** Files that did not become complete. */
  readonly #forgotten = new Set<BytePath>();
  #filled = 0;
  #end = 0;

  /** `path` must be free. Throws like node:fs. */
  constructor(path: string | Buffer) {
    this.#fd = fs.openSync(path, 'wx+', 0o600);
    fs.unlinkSync(path);
  }

  add({ path, position, length, whole, sum }: WrittenPart): void {
    const bytes = HEAD_BYTES + path.length;
    if (this.#filled + bytes > this.#buffer.length) this.#flush();
    if (bytes > this.#buffer.length) this.#buffer = Buffer.alloc(bytes);
    const buffer = this.#buffer;
    let at = buffer.writeUInt32LE(path.length, this.#filled);
    at = buffer.writeDoubleLE(position, at);
    at = buffer.writeDoubleLE(length, at);
    at = buffer.writeUInt8(whole ? 1 : 0, at);
    buffer.set(sum, at);
    buffer.write(path, at + SUM_BYTES, 'latin1');
    this.#filled += bytes;
  }

  /** Nothing of this file is there. */
  forget(path: BytePath): void {
    this.#forgotten.add(path);
  }

  /** All of them, in order; call when the last was added. */
  *read(): Generator<WrittenPart> {
    this.#flush();
    let left: Buffer = Buffer.alloc(0);
    for (let at = 0; at < this.#end; ) {
      const part = Buffer.alloc(Math.min(BUFFER_BYTES, this.#end - at));
      at += fs.readSync(this.#fd, part, 0, part.length, at);
      const bytes = Buffer.concat([left, part]);
      let from = 0;
      for (let next = entryAt(bytes, from); next; next = entryAt(bytes, from)) {
        if (!this.#forgotten.has(next.part.path)) yield next.part;
        from = next.end;
      }
      left = bytes.subarray(from);
    }
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #flush(): void {
    for (let done = 0; done < this.#filled; ) {
      const written = fs.writeSync(this.#fd, this.#buffer, done, this.#filled - done, this.#end);
      done += written;
      this.#end += written;
    }
    this.#filled = 0;
  }
}

/** `undefined` when it is not all there yet. */
function entryAt(bytes: Buffer, from: number): { part: WrittenPart; end: number } | undefined {
  if (bytes.length < from + HEAD_BYTES) return undefined;
  const start = from + HEAD_BYTES;
  const end = start + bytes.readUInt32LE(from);
  if (bytes.length < end) return undefined;
  const part = {
    path: bytes.toString('latin1', start, end),
    position: bytes.readDoubleLE(from + 4),
    length: bytes.readDoubleLE(from + 12),
    whole: bytes.readUInt8(from + 20) === 1,
    sum: bytes.subarray(from + 21, start),
  };
  return { part, end };
}
