/** The disk of one machine as its running process sees it; tells an observer what changed, and dies with the process. */
import type { Disk, DiskSpace, FileStat } from '../runtime/disk.ts';
import type { MemoryDisk } from '../runtime/memory-disk.ts';
import type { ProcessClock } from './process-clock.ts';

export interface DiskObserver {
  /** Just before the process is told that it is durable. */
  written(path: string, bytes: Uint8Array): void;
  moved(from: string, to: string): void;
  removed(path: string): void;
}

export class WatchedDisk implements Disk {
  readonly #disk: MemoryDisk;
  readonly #process: ProcessClock;
  readonly #observer: DiskObserver;

  constructor(disk: MemoryDisk, process: ProcessClock, observer: DiskObserver) {
    this.#disk = disk;
    this.#process = process;
    this.#observer = observer;
  }

  read(path: string, maxBytes?: number): Promise<Uint8Array | undefined> {
    return this.#process.unlessDead(this.#disk.read(path, maxBytes));
  }

  write(path: string, parts: readonly Uint8Array[]): Promise<void> {
    const bytes = new Uint8Array(Buffer.concat(parts));
    return this.#change(this.#disk.write(path, [bytes]), () => this.#observer.written(path, bytes));
  }

  move(from: string, to: string): Promise<void> {
    return this.#change(this.#disk.move(from, to), () => this.#observer.moved(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#change(this.#disk.remove(path), () => this.#observer.removed(path));
  }

  touch(path: string): Promise<boolean> {
    return this.#process.unlessDead(this.#disk.touch(path));
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#process.unlessDead(this.#disk.stat(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#process.unlessDead(this.#disk.list(path));
  }

  sweep(path: string): Promise<number> {
    return this.#process.unlessDead(this.#disk.sweep(path));
  }

  space(path: string): Promise<DiskSpace> {
    return this.#process.unlessDead(this.#disk.space(path));
  }

  #change(work: Promise<void>, tell: () => void): Promise<void> {
    return this.#process.unlessDead(
      work.then(() => {
        if (!this.#process.dead) tell();
      }),
    );
  }
}
