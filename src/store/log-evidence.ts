/**
 * Damaged log entries, put away as evidence and counted like everything else on the disk. Their contents go when their room is needed;
 * their names stay, since they tell after a restart how far each log had gone.
 */
import { isVaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import { type DamagedEntry, listQuarantined, quarantinePath } from './log-files.ts';

/** Of one vault. */
const EVIDENCE_BYTES: number = 4 * MiB;

export class LogEvidence {
  readonly #disk: Disk;
  readonly #folder: string;
  /** Files and their sizes. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts what is there, and says whose entries they were. Call once, before anything else. */
  async load(): Promise<readonly DamagedEntry[]> {
    const found = await listQuarantined(this.#disk, this.#folder);
    for (const { device, sequence } of found)
      await this.#look(quarantinePath(this.#folder, device, sequence));
    return found;
  }

  /** Puts the damaged file at `path` away. */
  async keep({ device, sequence }: DamagedEntry, path: string): Promise<void> {
    const evidence = quarantinePath(this.#folder, device, sequence);
    await this.#disk.move(path, evidence);
    await this.#look(evidence);
    if (this.#bytes > EVIDENCE_BYTES) await this.#empty(evidence);
  }

  /** Gives up all contents. True when that made room. */
  async clear(): Promise<boolean> {
    const before = this.#bytes;
    for (const [path, size] of this.#sizes) if (size > 0) await this.#empty(path);
    return this.#bytes < before;
  }

  /** On a disk that takes nothing, the contents stay, and stay counted. */
  async #empty(path: string): Promise<void> {
    try {
      await this.#disk.write(path, []);
    } catch (error) {
      if (!isVaultError(error, 'no-space', 'io')) throw error;
    } finally {
      await this.#look(path);
    }
  }

  async #look(path: string): Promise<void> {
    const size = (await this.#disk.stat(path))?.size ?? 0;
    this.#bytes += size - (this.#sizes.get(path) ?? 0);
    this.#sizes.set(path, size);
  }
}
