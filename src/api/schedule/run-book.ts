/** What is remembered of the runs of one schedule: a bounded log, and the few facts that outlive it. Pure: each change is a new book. */
import type { ScheduleHistory } from '../../policy/schedule-times.ts';
import type { AlarmRecord, RunEnd, RunReason, RunRecord } from './schedule-types.ts';

export interface RunBook {
  /** When the last run began that came to an end by itself. */
  readonly ranMs?: number;
  readonly endedMs?: number;
  /** Runs in a row that failed. */
  readonly failures: number;
  readonly lastSuccessMs?: number;
  /** When the retention policy was last applied. */
  readonly tidiedMs?: number;
  /** Oldest first; at most `MOST_RUNS`. */
  readonly runs: readonly RunRecord[];
  readonly alarms: readonly AlarmRecord[];
}

export const EMPTY_BOOK: RunBook = { failures: 0, runs: [], alarms: [] };
export const MOST_RUNS = 200;
const MOST_ALARMS = 50;
const MOST_PROBLEMS = 8;
const MOST_CHARACTERS = 400;

/** The run whose end is not written down, if any. */
export function openRun({ runs }: RunBook): RunRecord | undefined {
  const last = runs.at(-1);
  return last?.outcome === 'running' ? last : undefined;
}

export function begun(book: RunBook, reason: RunReason, startMs: number): RunBook {
  const run: RunRecord = { outcome: 'running', reason, startMs, problems: [] };
  return { ...book, runs: [...book.runs, run].slice(-MOST_RUNS) };
}

/** A run that was stopped or died does not count as having run: its slot is still due. */
export function ended(book: RunBook, end: RunEnd, endMs: number): RunBook {
  const run = openRun(book);
  if (!run) return book;
  const problems = end.problems.slice(-MOST_PROBLEMS).map((each) => each.slice(0, MOST_CHARACTERS));
  const runs = [...book.runs.slice(0, -1), { ...run, ...end, problems, endMs }];
  if (end.outcome === 'stopped' || end.outcome === 'died') return { ...book, runs };
  const done = end.outcome === 'done';
  return {
    ...book,
    runs,
    ranMs: run.startMs,
    endedMs: endMs,
    failures: done ? 0 : book.failures + 1,
    ...(done ? { lastSuccessMs: endMs } : {}),
    ...(end.forgotten === undefined ? {} : { tidiedMs: endMs }),
  };
}

export function alarmed(book: RunBook, alarm: AlarmRecord): RunBook {
  return { ...book, alarms: [...book.alarms, alarm].slice(-MOST_ALARMS) };
}

export function historyOf(
  book: RunBook,
  addedMs: number,
  changes: ScheduleHistory['changes'],
): ScheduleHistory {
  const { ranMs, endedMs, failures } = book;
  return {
    addedMs,
    ...(ranMs === undefined ? {} : { ranMs }),
    ...(endedMs === undefined ? {} : { endedMs }),
    failures,
    ...(changes === undefined ? {} : { changes }),
  };
}
