/**
 * The room a peer gives away: reserved before anything is written, so that no limit is exceeded at any moment, with a part
 * that only logs may use, so that a commit never fails because chunks have filled the peer.
 */
import { VaultError } from '../model/errors.ts';
import { formatBytes, MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { DiskSpace } from '../runtime/disk.ts';

/** How long one look at the free disk is relied on; what is written meanwhile is subtracted from it. */
const MEASURE_MS = 1000;

export type Purpose = 'chunk' | 'log';

export interface Occupancy {
  readonly chunks: number;
  /** All bytes kept on disk for others, except logs. */
  readonly chunkBytes: number;
  readonly logBytes: number;
}

export interface BudgetOptions {
  /** Hard limit for everything kept, logs included. */
  readonly capacityBytes: number;
  /** What must stay free on the disk, whoever fills it. Logs may use half of it. */
  readonly floorBytes: number;
  /** Part of the capacity that only logs may use. Default: 5%, at most 64 MiB. */
  readonly logRoomBytes?: number;
  readonly maxChunks?: number;
  readonly clock: Clock;
  /** Exact at every call; what a reservation stands for may be counted in it already before it is released. */
  readonly occupied: () => Occupancy;
  readonly space: () => Promise<DiskSpace>;
}

/** Gives the reservation back. Call it once, when the write has ended and `occupied` says so. */
export type Release = () => void;

/** Reserves room for that many bytes. Throws 'no-space'. */
export type Admit = (bytes: number) => Promise<Release>;

export class Budget {
  readonly #options: BudgetOptions;
  readonly #logRoomBytes: number;
  #reservedChunks = 0;
  #reservedChunkBytes = 0;
  #reservedLogBytes = 0;
  /** Free disk as last measured, less all that was reserved at that moment or since. */
  #freeBytes = 0;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#logRoomBytes = options.logRoomBytes ?? Math.min(64 * MiB, Math.floor(options.capacityBytes / 20));
  }

  /** Resolves when `bytes` may be written for `purpose`. Throws 'no-space' and says which limit it was. */
  async reserve(bytes: number, purpose: Purpose): Promise<Release> {
    const floorBytes = purpose === 'log' ? this.#options.floorBytes / 2 : this.#options.floorBytes;
    const before = this.#measuredMs;
    if (this.#options.clock.monotonicMs() - this.#measuredMs > MEASURE_MS) await this.measure();
    if (this.#freeBytes - bytes < floorBytes && this.#measuredMs === before) await this.measure();
    if (this.#freeBytes - bytes < floorBytes) throw this.#belowFloor();
    this.#checkQuota(bytes, purpose);
    return this.#take(bytes, purpose);
  }

  /** What it would still accept as chunks, by the last measurement of the disk. */
  acceptableBytes(): number {
    const disk = this.#freeBytes - this.#options.floorBytes;
    return Math.max(0, Math.min(disk, this.#roomBytes('chunk')));
  }

  /** Looks at the free disk now. */
  async measure(): Promise<void> {
    this.#measuring ??= this.#look().finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  async #look(): Promise<void> {
    const atStart = this.#freeBytes;
    const reserved = this.#reservedChunkBytes + this.#reservedLogBytes;
    const { freeBytes } = await this.#options.space();
    const takenMeanwhile = Math.max(0, atStart - this.#freeBytes);
    this.#freeBytes = freeBytes - reserved - takenMeanwhile;
    this.#measuredMs = this.#options.clock.monotonicMs();
  }

  #roomBytes(purpose: Purpose): number {
    const { chunkBytes, logBytes } = this.#options.occupied();
    const logs = logBytes + this.#reservedLogBytes;
    const forLogs = purpose === 'log' ? logs : Math.max(logs, this.#logRoomBytes);
    return this.#options.capacityBytes - chunkBytes - this.#reservedChunkBytes - forLogs;
  }

  #checkQuota(bytes: number, purpose: Purpose): void {
    const { capacityBytes, maxChunks } = this.#options;
    if (this.#roomBytes(purpose) < bytes) {
      throw new VaultError(
        'no-space',
        `this peer's capacity of ${formatBytes(capacityBytes)} is used up; nothing was stored`,
        { hint: 'Give the peer more capacity, or let other peers join.', data: { capacityBytes } },
      );
    }
    if (purpose === 'chunk' && maxChunks !== undefined) {
      if (this.#options.occupied().chunks + this.#reservedChunks >= maxChunks) {
        throw new VaultError(
          'no-space',
          `this peer keeps its limit of ${maxChunks} chunks; nothing was stored`,
          { data: { maxChunks } },
        );
      }
    }
  }

  #take(bytes: number, purpose: Purpose): Release {
    const chunks = purpose === 'chunk' ? 1 : 0;
    const add = (sign: 1 | -1): void => {
      this.#reservedChunks += sign * chunks;
      if (purpose === 'chunk') this.#reservedChunkBytes += sign * bytes;
      else this.#reservedLogBytes += sign * bytes;
    };
    add(1);
    this.#freeBytes -= bytes;
    let released = false;
    return () => {
      if (!released) add(-1);
      released = true;
    };
  }

  #belowFloor(): VaultError {
    const { floorBytes } = this.#options;
    return new VaultError(
      'no-space',
      `this peer's disk has less than ${formatBytes(floorBytes)} left, which it keeps free; nothing was stored`,
      { hint: 'Free some space on that disk, or let other peers join.', data: { floorBytes } },
    );
  }
}
