/** A large file on this machine's disk, written in parts by several threads, seen when it is complete. */
import * as fs from 'node:fs';
import type { BlobRef } from '../format/blob-ref.ts';
import { type BytePath, systemPath } from './byte-path.ts';
import type { FolderTools } from './folder-tools.ts';
import type { Leftovers } from './leftovers.ts';
import { errorOf, targetError } from './target-error.ts';
import type { Attributes, PartialFile } from './target-folder.ts';
import { orRemove, partPath, partsInWork, publish, removeIfThere } from './temporary-names.ts';

export interface FilePlace {
  readonly prefix: BytePath;
  readonly name: BytePath;
  readonly replace: boolean;
  /** For messages. */
  readonly path: BytePath;
}

export interface FileParts {
  readonly size: number;
  readonly sparse: boolean;
  readonly key: string;
  /** Of the folder, when it may have some. */
  readonly leftovers: Leftovers | undefined;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = fs.constants;

function create(path: BytePath): number {
  return fs.openSync(systemPath(path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

export class NodePartialFile implements PartialFile {
  readonly #tools: FolderTools;
  readonly #place: FilePlace;
  readonly #size: number;
  readonly #sparse: boolean;
  readonly #temporary: BytePath;
  readonly #fd: number;
  readonly #key: string;
  readonly adopted: boolean;

  /** Throws like node:fs. */
  constructor(tools: FolderTools, place: FilePlace, { size, sparse, key, leftovers }: FileParts) {
    this.#tools = tools;
    this.#place = place;
    this.#size = size;
    this.#key = key;
    const path = partPath(place.prefix, key);
    const adopted = leftovers?.adopt(key, path);
    this.adopted = adopted !== undefined;
    // Where something was written before, zeros must be written too.
    this.#sparse = sparse && !this.adopted;
    let fd = adopted ?? -1;
    this.#temporary = this.adopted
      ? path
      : tools.names.unused(place.prefix, (free) => (fd = create(free)), path);
    this.#fd = fd;
    partsInWork.add(key);
  }

  async write(position: number, sealed: Uint8Array, { offset, length }: BlobRef): Promise<void> {
    const { unpackers, verifyLog } = this.#tools;
    const sums = verifyLog !== undefined;
    const job = { sealed, offset, length, fd: this.#fd, position, sparse: this.#sparse, sums };
    const { fault, sum } = await unpackers.piece(job);
    if (fault) throw errorOf(fault, this.#place.path);
    if (sum) verifyLog?.add({ path: this.#place.path, position, length, whole: false, sum });
  }

  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let filled = 0;
    this.#guard(() => {
      while (filled < length) {
        const read = fs.readSync(this.#fd, bytes, filled, length - filled, position + filled);
        if (read === 0) return;
        filled += read;
      }
    });
    return bytes.subarray(0, filled);
  }

  finish(attributes: Attributes): void {
    const { prefix, name, replace } = this.#place;
    try {
      this.#guard(() =>
        orRemove(this.#temporary, () => {
          try {
            if (this.#sparse || this.adopted) fs.ftruncateSync(this.#fd, this.#size);
          } finally {
            this.#close();
          }
          this.#tools.attributes.set(this.#temporary, attributes);
          publish(this.#temporary, prefix + name, replace);
        }),
      );
    } catch (error) {
      this.#tools.verifyLog?.forget(this.#place.path);
      throw error;
    }
  }

  discard(): void {
    this.leave();
    this.#guard(() => removeIfThere(this.#temporary));
  }

  leave(): void {
    this.#tools.verifyLog?.forget(this.#place.path);
    this.#guard(() => this.#close());
  }

  #close(): void {
    partsInWork.delete(this.#key);
    fs.closeSync(this.#fd);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw targetError(error, this.#place.path);
    }
  }
}
