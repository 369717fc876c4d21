/** A stick, a disk, a mounted cloud drive: an export in a folder, written so that a file is whole or not there (X1). */
import { join } from 'node:path';
import { isVaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { ExportPlace, PlaceRoom } from './export-place.ts';

/** The largest cluster that FAT32 and exFAT sticks are commonly formatted with. */
const UNIT_BYTES: number = 32 * KiB;
/** Some mounts cannot make the names in a folder durable by themselves. What was written is read back in any case. */
const CANNOT_SYNC = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF']);

export class FolderPlace implements ExportPlace {
  readonly name: string;
  readonly #disk: Disk;

  /** `folder` is absolute. */
  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.name = folder;
  }

  async read(name: string, maxBytes: number, options?: WaitOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    return this.#disk.read(join(this.name, name), maxBytes);
  }

  async write(name: string, bytes: Uint8Array, options?: WaitOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const path = join(this.name, name);
    try {
      await this.#disk.write(path, [bytes]);
    } catch (error) {
      if (!cannotSync(error)) throw error;
      // The first failure may have been that of a new folder, before the file was begun.
      if ((await this.#disk.stat(path))?.size !== bytes.length) await this.#again(path, bytes);
    }
  }

  remove(name: string): Promise<void> {
    return this.#tolerant(() => this.#disk.remove(join(this.name, name)));
  }

  list(folder: string): Promise<readonly string[]> {
    return this.#disk.list(join(this.name, folder));
  }

  async room(): Promise<PlaceRoom> {
    const { freeBytes } = await this.#disk.space(this.name);
    return { freeBytes, unitBytes: UNIT_BYTES };
  }

  async tidy(folder: string): Promise<void> {
    await this.#disk.sweep(join(this.name, folder));
  }

  #again(path: string, bytes: Uint8Array): Promise<void> {
    return this.#tolerant(() => this.#disk.write(path, [bytes]));
  }

  async #tolerant(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!cannotSync(error)) throw error;
    }
  }
}

function cannotSync(error: unknown): boolean {
  return isVaultError(error, 'io') && CANNOT_SYNC.has(String(error.data?.code));
}
