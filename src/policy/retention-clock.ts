/** How old something in the trash is by the holder's own clock (L4), when that clock may jump: doubt only ever makes it younger. */

/** What is remembered of the wall clock, also across restarts. Plain data. */
export interface ClockMark {
  /** The last reading. */
  readonly wallMs: number;
  /** Monotonic time of that reading, comparable within one run of the process. */
  readonly monotonicMs: number | undefined;
  /** Since this wall time the clock ran without a jump that could not be explained. */
  readonly trustedSinceMs: number;
  /** The highest reading since then. */
  readonly highestMs: number;
}

export interface ClockReading {
  readonly wallMs: number;
  /** `undefined` in the first reading of a run: what passed since the last run cannot be measured. */
  readonly monotonicMs: number | undefined;
}

export interface ClockTolerance {
  /** The wall clock may be set back by this much. */
  readonly backMs: number;
  /** It may be this much ahead of what the monotonic clock measured: the machine was off or asleep. At most half a retention time. */
  readonly aheadMs: number;
}

const DAY_MS: number = 24 * 3_600_000;

export const DEFAULT_CLOCK_TOLERANCE: ClockTolerance = { backMs: 5 * 60_000, aheadMs: 7 * DAY_MS };

/** The mark after one more reading of the clock; readings should be minutes apart while the process runs. */
export function observeClock(
  previous: ClockMark | undefined,
  reading: ClockReading,
  tolerance: ClockTolerance = DEFAULT_CLOCK_TOLERANCE,
): ClockMark {
  const { wallMs, monotonicMs } = reading;
  if (!previous) return { wallMs, monotonicMs, trustedSinceMs: wallMs, highestMs: wallMs };
  const measured = previous.monotonicMs !== undefined && monotonicMs !== undefined;
  const passedMs = measured ? Math.max(0, monotonicMs - previous.monotonicMs) : 0;
  const unexplainedMs = wallMs - previous.wallMs - passedMs;
  const trusted = unexplainedMs >= -tolerance.backMs && unexplainedMs <= tolerance.aheadMs;
  if (!trusted) return { wallMs, monotonicMs, trustedSinceMs: wallMs, highestMs: wallMs };
  const highestMs = Math.max(previous.highestMs, wallMs);
  return { wallMs, monotonicMs, trustedSinceMs: previous.trustedSinceMs, highestMs };
}

/**
 * Age of a stamp that this machine's clock made, never older than the time since the clock was last trusted. A stamp far beyond every
 * trusted reading was made before the clock was set back, so it is as old as the trust; one a little in the future has no age yet.
 */
export function ageMs(mark: ClockMark, stampMs: number, wallMs: number): number {
  const trustedMs = Math.max(0, wallMs - mark.trustedSinceMs);
  if (stampMs > Math.max(mark.highestMs, wallMs) + DAY_MS) return trustedMs;
  return Math.min(Math.max(0, wallMs - stampMs), trustedMs);
}
