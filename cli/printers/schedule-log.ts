/** The runs of a schedule in words and as JSON. */
import { formatBytes, formatDuration, type RunRecord, type ScheduleInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { count, localTime, printable, shortId } from './words.ts';

export function runJson(run: RunRecord): Readonly<Record<string, unknown>> {
  const { endMs, exitCode, snapshotId, summary, forgotten } = run;
  return {
    reason: run.reason,
    outcome: run.outcome,
    start: new Date(run.startMs).toISOString(),
    ...(endMs === undefined ? {} : { end: new Date(endMs).toISOString() }),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }),
    ...(summary === undefined
      ? {}
      : {
          files_new: summary.filesNew,
          files_changed: summary.filesChanged,
          data_added: summary.dataAdded,
          files_unreadable: summary.filesUnreadable,
          copies_min: summary.copiesMin,
          copies_target: summary.copiesTarget,
        }),
    ...(forgotten === undefined ? {} : { snapshots_removed: forgotten }),
    problems: run.problems,
  };
}

function resultWords({ outcome, exitCode, snapshotId, summary, forgotten }: RunRecord): string {
  const words = [`${outcome}${exitCode ? ` (exit code ${exitCode})` : ''}`];
  if (snapshotId !== undefined) words.push(`snapshot ${shortId(snapshotId)}`);
  if (summary) {
    const { filesNew, filesChanged, dataAdded, copiesMin, copiesTarget } = summary;
    words.push(`${count(filesNew, 'new file')}, ${filesChanged} changed, ${formatBytes(dataAdded)} added`);
    words.push(`copies ${copiesMin} of ${copiesTarget}`);
  }
  if (forgotten !== undefined) words.push(`${count(forgotten, 'old snapshot')} forgotten`);
  return words.join(', ');
}

function runLines(run: RunRecord): readonly string[] {
  const took = run.endMs === undefined ? '' : ` in ${formatDuration(Math.max(0, run.endMs - run.startMs))}`;
  return [
    `${localTime(run.startMs)}  ${run.reason}: ${resultWords(run)}${took}`,
    ...run.problems.map((problem) => `                     ${printable(problem)}`),
  ];
}

/** Runs and alarms in the order in which they came. */
export function printLog(session: Session, info: ScheduleInfo, last: number): void {
  const runs = info.runs.slice(-last);
  const fromMs = runs.length < info.runs.length ? (runs[0]?.startMs ?? 0) : 0;
  const entries = [
    ...runs.map((run) => ({ timeMs: run.startMs, run })),
    ...info.alarms.filter(({ timeMs }) => timeMs >= fromMs).map((alarm) => ({ timeMs: alarm.timeMs, alarm })),
  ].sort((a, b) => a.timeMs - b.timeMs);
  const { name } = info.schedule;
  for (const entry of entries) {
    if ('run' in entry) {
      session.emit({ message_type: 'schedule_run', name, ...runJson(entry.run) });
      for (const line of runLines(entry.run)) session.print(line);
      continue;
    }
    const { timeMs, lateMs } = entry.alarm;
    const time = new Date(timeMs).toISOString();
    session.emit({ message_type: 'schedule_alarm', name, time, overdue_seconds: Math.floor(lateMs / 1000) });
    session.print(`${localTime(timeMs)}  alarm: an expected backup has not come`);
  }
  if (entries.length === 0) session.print(`The schedule ${name} has not run yet.`);
}

export function printRun(session: Session, name: string, run: RunRecord): void {
  session.emit({ message_type: 'schedule_run', name, ...runJson(run) });
  for (const line of runLines(run)) session.print(line);
}
