/** A large file on this machine's disk, written in parts by several threads, seen when it is complete. */
import * as fs from 'node:fs';
import type { BlobRef } from '../format/blob-ref.ts';
import { type BytePath, systemPath } from './byte-path.ts';
import type { FolderTools } from './folder-tools.ts';
import { NEW_FILE } from './small-file-writer.ts';
import { errorOf, targetError } from './target-error.ts';
import type { Attributes, PartialFile } from './target-folder.ts';
import { orRemove, publish, removeIfThere } from './temporary-names.ts';

export interface FilePlace {
  readonly prefix: BytePath;
  readonly name: BytePath;
  readonly replace: boolean;
  /** For messages. */
  readonly path: BytePath;
}

export class NodePartialFile implements PartialFile {
  readonly #tools: FolderTools;
  readonly #place: FilePlace;
  readonly #size: number;
  readonly #sparse: boolean;
  readonly #temporary: BytePath;
  readonly #fd: number;

  /** Throws like node:fs. */
  constructor(tools: FolderTools, place: FilePlace, size: number, sparse: boolean) {
    this.#tools = tools;
    this.#place = place;
    this.#size = size;
    this.#sparse = sparse;
    let fd = -1;
    this.#temporary = tools.names.unused(place.prefix, (path) => {
      fd = fs.openSync(systemPath(path), NEW_FILE, 0o600);
    });
    this.#fd = fd;
  }

  async write(position: number, sealed: Uint8Array, { offset, length }: BlobRef): Promise<void> {
    const job = { sealed, offset, length, fd: this.#fd, position, sparse: this.#sparse };
    const fault = await this.#tools.unpackers.piece(job);
    if (fault) throw errorOf(fault, this.#place.path);
  }

  finish(attributes: Attributes): void {
    const { prefix, name, replace } = this.#place;
    this.#guard(() =>
      orRemove(this.#temporary, () => {
        try {
          if (this.#sparse) fs.ftruncateSync(this.#fd, this.#size);
        } finally {
          fs.closeSync(this.#fd);
        }
        this.#tools.attributes.set(this.#temporary, attributes);
        publish(this.#temporary, prefix + name, replace);
      }),
    );
  }

  discard(): void {
    this.#guard(() => {
      fs.closeSync(this.#fd);
      removeIfThere(this.#temporary);
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw targetError(error, this.#place.path);
    }
  }
}
