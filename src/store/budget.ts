/** The room a peer gives away: its quotas and the floor of its disk, reserved before anything is written, so that no limit is exceeded at any moment. */
import { VaultError } from '../model/errors.ts';
import { formatBytes } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { DiskSpace } from '../runtime/disk.ts';
import { type Purpose, Quota, type QuotaOptions, type Release } from './quota.ts';

/** How long one look at the free disk is relied on; what is written meanwhile is subtracted from it. */
const MEASURE_MS = 1000;

export interface BudgetOptions extends QuotaOptions {
  /** What must stay free on the disk, whoever fills it. Logs may use half of it. */
  readonly floorBytes: number;
  readonly clock: Clock;
  readonly space: () => Promise<DiskSpace>;
}

/** Reserves room for that many bytes. Throws 'no-space'. */
export type Admit = (bytes: number) => Promise<Release>;

export class Budget {
  readonly #options: BudgetOptions;
  readonly #quota: Quota;
  /** Free disk as last measured, less all that was reserved at that moment or since. */
  #freeBytes = 0;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#quota = new Quota(options);
  }

  /** Resolves when `bytes` may be written for `purpose`, also within `share`. Throws 'no-space' and says which limit it was. */
  async reserve(bytes: number, purpose: Purpose, share?: Quota): Promise<Release> {
    const floorBytes = purpose === 'log' ? this.#options.floorBytes / 2 : this.#options.floorBytes;
    const before = this.#measuredMs;
    if (this.#options.clock.monotonicMs() - this.#measuredMs > MEASURE_MS) await this.measure();
    if (this.#freeBytes - bytes < floorBytes && this.#measuredMs === before) await this.measure();
    if (this.#freeBytes - bytes < floorBytes) throw this.#belowFloor();
    this.#quota.check(bytes, purpose);
    share?.check(bytes, purpose);
    this.#freeBytes -= bytes;
    const releases = [this.#quota.take(bytes, purpose), share?.take(bytes, purpose)];
    return () => {
      for (const release of releases) release?.();
    };
  }

  /** What it would still accept as chunks, by the last measurement of the disk. */
  acceptableBytes(): number {
    const disk = this.#freeBytes - this.#options.floorBytes;
    return Math.max(0, Math.min(disk, this.#quota.roomBytes('chunk')));
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
    const reserved = this.#quota.reservedBytes;
    const { freeBytes } = await this.#options.space();
    const takenMeanwhile = Math.max(0, atStart - this.#freeBytes);
    this.#freeBytes = freeBytes - reserved - takenMeanwhile;
    this.#measuredMs = this.#options.clock.monotonicMs();
  }

  #belowFloor(): VaultError {
    const { floorBytes } = this.#options;
    return new VaultError(
      'no-space',
      `this peer's disk has less than ${formatBytes(floorBytes)} left, which it keeps free; nothing was stored`,
      {
        hint: 'Free some space on that disk, or let other peers join.',
        data: { limit: 'disk-floor', floorBytes },
      },
    );
  }
}
