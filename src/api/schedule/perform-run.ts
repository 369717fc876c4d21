/** A run with its entries in the book: begun is written before anything is done, the end after it, so that a kill shows (and is made up for). */
import { assert } from '../../model/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { begun, ended, openRun, type RunBook } from './run-book.ts';
import type { RunOptions } from './run-schedule.ts';
import type { ScheduleFolder } from './schedule-folder.ts';
import type { RunEnd, RunReason, RunRecord, Schedule } from './schedule-types.ts';

export type Run = (schedule: Schedule, options: RunOptions) => Promise<RunEnd>;

export interface PerformParts {
  readonly folder: ScheduleFolder;
  readonly clock: Clock;
  readonly run: Run;
}

/** The policy is applied at most this often: a prune reads every directory of every snapshot. */
const TIDY_MS = 3_600_000;

/** The caller holds the schedule's lock. */
export async function performRun(
  { folder, clock, run }: PerformParts,
  schedule: Schedule,
  reason: RunReason,
  signal: AbortSignal,
): Promise<RunRecord> {
  const { name } = schedule;
  const before = closed(await folder.book(name), clock.now());
  const book = begun(before, reason, clock.now());
  await folder.writeBook(name, book);
  const sinceMs = clock.now() - (before.tidiedMs ?? Number.NEGATIVE_INFINITY);
  const end = await run(schedule, { tidy: sinceMs < 0 || sinceMs >= TIDY_MS, signal });
  const after = ended(book, end, clock.now());
  await folder.writeBook(name, after);
  const record = after.runs.at(-1);
  assert(record, 'a run that was begun is in its book');
  return record;
}

/** A run without an end, while nobody holds the lock: who ran it is dead. */
export function closed(book: RunBook, nowMs: number): RunBook {
  if (!openRun(book)) return book;
  return ended(book, { outcome: 'died', problems: ['the process that ran it ended in the middle'] }, nowMs);
}
