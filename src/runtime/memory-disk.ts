/** A disk in memory that keeps the Disk promises, and breaks only what a power cut may break: what was not acknowledged. */
import { VaultError } from '../model/errors.ts';
import type { Disk, DiskSpace, FileStat } from './disk.ts';
import type { Random } from './random.ts';
import { SeededRandom } from './seeded-random.ts';

interface StoredFile {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

export interface MemoryDiskOptions {
  readonly totalBytes?: number;
  /** Decides what a crash leaves of unfinished writes. */
  readonly random?: Random;
  readonly now?: () => number;
  /** Awaited twice in each write and once in each move, touch and removal; a simulation sleeps here. Default: one microtask. */
  readonly pace?: () => Promise<void>;
}

export type DiskOperation = 'read' | 'write' | 'move' | 'touch' | 'remove' | 'stat' | 'list';

const PARTIAL = /\/\.[^/]*\.\d+\.part$/;

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Copies on the way in and out: nobody outside holds its memory. */
export class MemoryDisk implements Disk {
  /** Throws here to make an operation fail (bad sectors, full disk). */
  fault: ((operation: DiskOperation, path: string) => void) | undefined;
  readonly #files = new Map<string, StoredFile>();
  /** The names in each folder. */
  readonly #folders = new Map<string, Set<string>>([['/', new Set()]]);
  readonly #totalBytes: number;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #pace: () => Promise<void>;
  /** What each unfinished operation leaves behind if the power goes now. */
  readonly #unfinished = new Set<() => void>();
  #usedBytes = 0;
  #life = 0;
  #serial = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.#totalBytes = options.totalBytes ?? 2 ** 40;
    this.#random = options.random ?? new SeededRandom('memory-disk');
    this.#now = options.now ?? (() => 0);
    this.#pace = options.pace ?? (() => Promise.resolve());
  }

  async read(path: string, maxBytes: number = Number.MAX_SAFE_INTEGER): Promise<Uint8Array | undefined> {
    this.fault?.('read', path);
    const file = this.#files.get(path);
    if (!file) return this.#refuseFolder('read', path);
    if (file.bytes.length > maxBytes) {
      throw new VaultError(
        'corrupt',
        `${path} has ${file.bytes.length} bytes, more than the ${maxBytes} it can have`,
      );
    }
    return file.bytes.slice();
  }

  async write(path: string, parts: readonly Uint8Array[]): Promise<void> {
    this.fault?.('write', path);
    this.#refuseFolder('write', path);
    const bytes = joined(parts);
    if (this.#usedBytes + bytes.length > this.#totalBytes) {
      throw new VaultError(
        'no-space',
        `the disk is full: could not write ${path}; nothing was changed there`,
      );
    }
    this.#makeFolder(parentOf(path));
    const partial = `${parentOf(path)}/.${nameOf(path)}.${this.#serial++}.part`;
    await this.#unlessCrashed(2, () => this.#tear(path, partial, bytes));
    this.#put(path, bytes);
  }

  async move(from: string, to: string): Promise<void> {
    this.fault?.('move', from);
    const file = this.#files.get(from);
    if (!file) throw new VaultError('io', `could not move ${from}: no such file`);
    this.#refuseFolder('move', to);
    const finish = (): void => {
      this.#drop(from);
      this.#put(to, file.bytes, file.modifiedMs);
    };
    await this.#unlessCrashed(1, () => this.#perhaps(finish));
    finish();
  }

  async touch(path: string): Promise<boolean> {
    this.fault?.('touch', path);
    const file = this.#files.get(path);
    if (!file) {
      this.#refuseFolder('touch', path);
      return false;
    }
    await this.#unlessCrashed(1, () => undefined);
    const now = this.#files.get(path);
    if (now) this.#put(path, now.bytes);
    return now !== undefined;
  }

  async remove(path: string): Promise<void> {
    this.fault?.('remove', path);
    if (!this.#files.has(path)) return this.#refuseFolder('remove', path);
    await this.#unlessCrashed(1, () => this.#perhaps(() => this.#drop(path)));
    this.#drop(path);
  }

  async stat(path: string): Promise<FileStat | undefined> {
    this.fault?.('stat', path);
    const file = this.#files.get(path);
    if (file) return { size: file.bytes.length, modifiedMs: file.modifiedMs };
    return this.#folders.has(path) ? { size: 0, modifiedMs: 0 } : undefined;
  }

  async list(path: string): Promise<readonly string[]> {
    this.fault?.('list', path);
    if (this.#files.has(path)) throw new VaultError('io', `could not list ${path}: not a folder`);
    return [...(this.#folders.get(path) ?? [])].sort();
  }

  async sweep(path: string): Promise<number> {
    const below = path === '/' ? '/' : `${path}/`;
    const partials = [...this.#files.keys()].filter((name) => name.startsWith(below) && PARTIAL.test(name));
    for (const name of partials) this.#drop(name);
    return partials.length;
  }

  async space(_path: string): Promise<DiskSpace> {
    return { totalBytes: this.#totalBytes, freeBytes: Math.max(0, this.#totalBytes - this.#usedBytes) };
  }

  /** The power goes: unfinished operations throw 'closed' and leave all, some or nothing of their work; the rest stays. */
  crash(): void {
    this.#life++;
    for (const leave of this.#unfinished) leave();
    this.#unfinished.clear();
  }

  /** Bit rot: replaces what is stored, without a trace. Returns false when there is no such file. */
  damage(path: string, change: (bytes: Uint8Array) => Uint8Array): boolean {
    const file = this.#files.get(path);
    if (file) this.#put(path, change(file.bytes.slice()), file.modifiedMs);
    return file !== undefined;
  }

  /** A file is gone, without a trace. Returns false when there was none. */
  destroy(path: string): boolean {
    const found = this.#files.has(path);
    this.#drop(path);
    return found;
  }

  /** What is stored now, past all faults; the caller must not change it. */
  peek(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.bytes;
  }

  /** Paths of all files, sorted. */
  paths(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  async #unlessCrashed(steps: number, leave: () => void): Promise<void> {
    const life = this.#life;
    this.#unfinished.add(leave);
    for (let step = 0; step < steps; step++) {
      await this.#pace();
      if (life !== this.#life) throw new VaultError('closed', 'the power went while the disk was writing');
    }
    this.#unfinished.delete(leave);
  }

  #perhaps(finish: () => void): void {
    if (this.#random.fraction() < 0.5) finish();
  }

  /** Of an unfinished write stays: nothing, a torn temporary file, or (rename done, never acknowledged) the new content. */
  #tear(path: string, partial: string, bytes: Uint8Array): void {
    const chance = this.#random.fraction();
    if (chance < 0.4) this.#put(partial, bytes.slice(0, Math.floor(this.#random.fraction() * bytes.length)));
    else if (chance < 0.6) this.#put(path, bytes);
  }

  #put(path: string, bytes: Uint8Array, modifiedMs = this.#now()): void {
    this.#drop(path);
    this.#makeFolder(parentOf(path));
    this.#files.set(path, { bytes, modifiedMs });
    this.#folders.get(parentOf(path))?.add(nameOf(path));
    this.#usedBytes += bytes.length;
  }

  #drop(path: string): void {
    this.#usedBytes -= this.#files.get(path)?.bytes.length ?? 0;
    if (this.#files.delete(path)) this.#folders.get(parentOf(path))?.delete(nameOf(path));
  }

  #makeFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    if (this.#files.has(folder)) throw new VaultError('io', `could not make ${folder}: there is a file`);
    this.#makeFolder(parentOf(folder));
    this.#folders.set(folder, new Set());
    this.#folders.get(parentOf(folder))?.add(nameOf(folder));
  }

  #refuseFolder(doing: string, path: string): undefined {
    if (this.#folders.has(path)) throw new VaultError('io', `could not ${doing} ${path}: it is a folder`);
  }
}
