/** When a schedule runs next: intervals, cron lines in a time zone, changes that have settled, and what was missed, made up for once. */
import { Cron } from 'croner';
import { VaultError } from '../model/errors.ts';

export interface ScheduleTiming {
  /** From the begin of one run to the begin of the next. */
  readonly everyMs?: number;
  /** Five fields of cron, or a nickname like "@daily". */
  readonly cron?: string;
  /** IANA name; cron lines are read in it. */
  readonly timeZone: string;
  /** Run when something below the paths changed and nothing more did for this long. */
  readonly settleMs?: number;
}

/** What is known of the past of a schedule. Times are wall clock, milliseconds since 1970. */
export interface ScheduleHistory {
  readonly addedMs: number;
  /** When the last run began that came to an end by itself, well or badly. */
  readonly ranMs?: number;
  readonly endedMs?: number;
  /** Runs in a row that failed. */
  readonly failures: number;
  /** Changes seen since the last run began. */
  readonly changes?: { readonly firstMs: number; readonly lastMs: number };
}

type DueReason = 'due' | 'missed' | 'changed' | 'retry';

export interface NextRun {
  /** May lie in the past: then it is due now. */
  readonly dueMs: number;
  readonly reason: DueReason;
}

/** Changes that never settle are backed up after this many times the time to settle. */
const LONGEST_SETTLES = 10;
const FIRST_RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 3_600_000;
/** A clock may be wrong by this much without anything being concluded from it. */
const CLOCK_ERROR_MS = 3_600_000;
/** Later than this, a slot was missed rather than met. */
const LATE_MS = 60_000;

/** Throws 'usage' for a line or a zone that makes no sense, and for a line that never comes. */
export function checkTiming({ cron, timeZone }: ScheduleTiming): void {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
  } catch (cause) {
    throw new VaultError('usage', `"${timeZone}" is not a time zone`, {
      hint: 'Write it like Europe/Berlin or UTC.',
      cause,
    });
  }
  if (cron === undefined) return;
  const hint = 'Five fields: minute, hour, day of the month, month, day of the week. For example: 0 3 * * *';
  let next: Date | null;
  try {
    next = cronOf(cron, timeZone).nextRun(new Date(0));
  } catch (cause) {
    throw new VaultError('usage', `"${cron}" is not a cron line`, { hint, cause });
  }
  if (!next) throw new VaultError('usage', `"${cron}" never comes`, { hint });
}

/**
 * The next run, or `undefined` when none can be named (only changes are waited for). However many slots were missed, one run makes up
 * for them, at once. A failed run is tried again after 5, 10, 20 ... minutes, at most an hour, unless a slot comes first. What seems to
 * have happened more than an hour in the future was told by a wrong clock, and the schedule is due. While paused, what is due waits.
 */
export function nextRun(
  timing: ScheduleTiming,
  history: ScheduleHistory,
  nowMs: number,
  pausedUntilMs: number = Number.NEGATIVE_INFINITY,
): NextRun | undefined {
  const first = firstOf([slotOf(timing, history, nowMs), changeOf(timing, history), retryOf(history)], nowMs);
  if (!first) return undefined;
  const reason = first.reason === 'due' && first.dueMs < nowMs - LATE_MS ? 'missed' : first.reason;
  return { dueMs: Math.max(first.dueMs, pausedUntilMs), reason };
}

type Wish = NextRun & { readonly afterMs: number };

/** The earliest; at once where the wish counts from a time that has not come yet. */
function firstOf(wishes: readonly (Wish | undefined)[], nowMs: number): NextRun | undefined {
  let first: NextRun | undefined;
  for (const wish of wishes) {
    if (!wish) continue;
    const { reason, afterMs } = wish;
    const dueMs = afterMs > nowMs + CLOCK_ERROR_MS ? nowMs : wish.dueMs;
    if (!first || dueMs < first.dueMs) first = { dueMs, reason };
  }
  return first;
}

function slotOf(timing: ScheduleTiming, history: ScheduleHistory, nowMs: number): Wish | undefined {
  const { everyMs, cron, timeZone } = timing;
  const { ranMs, addedMs } = history;
  const afterMs = ranMs ?? addedMs;
  if (everyMs !== undefined) {
    return { afterMs, dueMs: ranMs === undefined ? addedMs : ranMs + everyMs, reason: 'due' };
  }
  if (cron === undefined) return undefined;
  // A wrong clock may have left a time that no calendar reaches.
  const next = cronOf(cron, timeZone).nextRun(new Date(Math.min(afterMs, nowMs + CLOCK_ERROR_MS)));
  return next ? { afterMs, dueMs: next.getTime(), reason: 'due' } : undefined;
}

function changeOf({ settleMs }: ScheduleTiming, { changes, endedMs = 0 }: ScheduleHistory): Wish | undefined {
  if (settleMs === undefined || changes === undefined) return undefined;
  const { firstMs, lastMs } = changes;
  const settledMs = Math.min(lastMs + settleMs, firstMs + LONGEST_SETTLES * settleMs);
  return { afterMs: endedMs, dueMs: Math.max(settledMs, endedMs + settleMs), reason: 'changed' };
}

function retryOf({ failures, endedMs }: ScheduleHistory): Wish | undefined {
  if (failures === 0 || endedMs === undefined) return undefined;
  const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
  return { afterMs: endedMs, dueMs: endedMs + waitMs, reason: 'retry' };
}

function cronOf(line: string, timeZone: string): Cron {
  return new Cron(line, { timezone: timeZone, mode: '5-part', paused: true });
}
