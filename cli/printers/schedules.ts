/** Schedules as a table and as JSON lines, and what a change of them did. */
import {
  formatDuration,
  type Schedule,
  type ScheduleInfo,
  type SchedulesReport,
  systemClock,
} from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { runJson } from './schedule-log.ts';
import { localTime, printable, shortId } from './words.ts';

const COLUMNS = [
  { title: 'Name' },
  { title: 'When' },
  { title: 'Last run' },
  { title: 'Result' },
  { title: 'Next' },
  { title: 'Paths' },
];

function timeJson(ms: number): string {
  return new Date(ms).toISOString();
}

/** "every 1 h 00 min", "0 3 * * * (Europe/Berlin)", "on changes". */
function whenWords({ timing }: Schedule): string {
  const { everyMs, cron, timeZone, settleMs } = timing;
  const words = [
    ...(everyMs === undefined ? [] : [`every ${formatDuration(everyMs)}`]),
    ...(cron === undefined ? [] : [`${cron} (${timeZone})`]),
    ...(settleMs === undefined ? [] : ['on changes']),
  ];
  return printable(words.join(', '));
}

function scheduleJson(schedule: Schedule): Readonly<Record<string, unknown>> {
  const { timing, before, after, onAlarm, expectMs, limitUpload, unlock } = schedule;
  return {
    name: schedule.name,
    home: schedule.home,
    paths: schedule.paths,
    excludes: schedule.excludes,
    exclude_files: schedule.excludeFiles,
    tags: schedule.tags,
    ...(timing.everyMs === undefined ? {} : { every_seconds: timing.everyMs / 1000 }),
    ...(timing.cron === undefined ? {} : { cron: timing.cron }),
    time_zone: timing.timeZone,
    ...(timing.settleMs === undefined ? {} : { watch_settle_seconds: timing.settleMs / 1000 }),
    keep: schedule.keep,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(onAlarm === undefined ? {} : { on_alarm: onAlarm }),
    ...(expectMs === undefined ? {} : { expect_every_seconds: expectMs / 1000 }),
    ...(limitUpload === undefined ? {} : { limit_upload: limitUpload }),
    not_on_battery: schedule.notOnBattery,
    added: timeJson(schedule.addedMs),
    unlock: unlock.kind,
    ...(unlock.kind === 'own-key' ? { key_id: unlock.keyId } : {}),
  };
}

function infoJson(info: ScheduleInfo): Readonly<Record<string, unknown>> {
  const { runs, lastSuccessMs, nextMs, lateMs } = info;
  const last = runs.at(-1);
  return {
    ...scheduleJson(info.schedule),
    ...(last ? { last_run: runJson(last) } : {}),
    ...(lastSuccessMs === undefined ? {} : { last_success: timeJson(lastSuccessMs) }),
    ...(nextMs === undefined || nextMs > LAST_DATE_MS ? {} : { next_run: timeJson(nextMs) }),
    overdue_seconds: Math.floor(lateMs / 1000),
  };
}

/** No date can be written beyond it. */
const LAST_DATE_MS = 8.64e15;

function nextWords({ nextMs }: ScheduleInfo, nowMs: number): string {
  if (nextMs === undefined) return 'when something changes';
  if (nextMs > LAST_DATE_MS) return 'after "resume"';
  return nextMs <= nowMs ? 'now' : localTime(nextMs);
}

function cells(info: ScheduleInfo, nowMs: number): readonly string[] {
  const { schedule, runs } = info;
  const last = runs.at(-1);
  const result = last ? `${last.outcome}${last.exitCode ? ` (${last.exitCode})` : ''}` : '';
  return [
    schedule.name,
    whenWords(schedule),
    last ? localTime(last.startMs) : 'never',
    result,
    nextWords(info, nowMs),
    printable(schedule.paths.join(' ')),
  ];
}

export function printSchedules(session: Session, report: SchedulesReport): void {
  const { schedules, pausedUntilMs, peerRuns, damaged } = report;
  for (const info of schedules) session.emit({ message_type: 'schedule', ...infoJson(info) });
  emitSummary(session, report);
  if (schedules.length === 0) session.print('No schedules. Make one with "vault schedule add".');
  else {
    const nowMs = systemClock.now();
    const rows = schedules.map((info) => cells(info, nowMs));
    for (const line of tableLines(COLUMNS, rows)) session.print(line);
  }
  if (pausedUntilMs !== undefined) session.print(pauseWords(pausedUntilMs));
  for (const each of damaged) session.warn(`the schedule ${each}`);
  if (!peerRuns && schedules.length > 0) session.warn(NOT_RUNNING);
  for (const info of schedules) if (info.lateMs > 0) session.warn(lateWords(info));
}

const NOT_RUNNING = 'the peer does not run, so no schedule does: start it with "vault-peer run"';

function emitSummary(session: Session, { schedules, pausedUntilMs, peerRuns }: SchedulesReport): void {
  const until = pausedUntilMs !== undefined && pausedUntilMs <= LAST_DATE_MS;
  session.emit({
    message_type: 'schedules',
    schedules: schedules.length,
    overdue: schedules.filter(({ lateMs }) => lateMs > 0).map(({ schedule }) => schedule.name),
    peer_runs: peerRuns,
    paused: pausedUntilMs !== undefined,
    ...(until ? { paused_until: timeJson(pausedUntilMs) } : {}),
  });
}

function lateWords({ schedule, lateMs, lastSuccessMs }: ScheduleInfo): string {
  const since =
    lastSuccessMs === undefined
      ? `no backup since it was added at ${localTime(schedule.addedMs)}`
      : `the last backup came at ${localTime(lastSuccessMs)}`;
  return `schedule ${schedule.name} is overdue by ${formatDuration(lateMs)}: ${since}`;
}

/** What is late is told whatever -q says. */
export function printCheck(session: Session, report: SchedulesReport): void {
  const { schedules, peerRuns, damaged } = report;
  for (const info of schedules) session.emit({ message_type: 'schedule', ...infoJson(info) });
  emitSummary(session, report);
  for (const each of damaged) session.warn(`the schedule ${each}`);
  if (!peerRuns && schedules.length > 0) session.warn(NOT_RUNNING);
  const late = schedules.filter(({ lateMs }) => lateMs > 0);
  for (const info of late) session.print(lateWords(info));
  const expected = schedules.filter(({ schedule }) => schedule.expectMs !== undefined).length;
  if (late.length === 0)
    session.tell(`Nothing is overdue; backups are expected of ${expected} of ${schedules.length}.`);
}

export function printAdded(session: Session, schedule: Schedule, peerRuns: boolean): void {
  session.emit({ message_type: 'schedule_added', ...scheduleJson(schedule), peer_runs: peerRuns });
  const { unlock } = schedule;
  session.tell(`schedule  ${schedule.name}: ${whenWords(schedule)}`);
  for (const path of schedule.paths) session.tell(`path      ${printable(path)}`);
  if (unlock.kind === 'own-key')
    session.tell(`key       ${shortId(unlock.keyId)} (schedule ${schedule.name})`);
  if (!peerRuns) session.warn(NOT_RUNNING);
}

/** `schedule` is absent when its file could not be read. */
export function printRemoved(session: Session, name: string, schedule: Schedule | undefined): void {
  const unlock = schedule?.unlock;
  const keyId = unlock?.kind === 'own-key' ? unlock.keyId : undefined;
  session.emit({
    message_type: 'schedule_removed',
    name,
    ...(schedule ? { home: schedule.home } : {}),
    ...(keyId === undefined ? {} : { key_id: keyId }),
  });
  session.tell(`removed   schedule ${name}; its snapshots stay`);
  if (keyId === undefined) return;
  session.tell(
    `          its key opens nothing any more; "vault key remove ${shortId(keyId)}" takes it off the list`,
  );
}

function pauseWords(untilMs: number): string {
  if (untilMs > LAST_DATE_MS) return 'Paused until "vault schedule resume".';
  return `Paused until ${localTime(untilMs)}.`;
}

export function printPause(session: Session, untilMs: number): void {
  const until = untilMs > LAST_DATE_MS ? {} : { until: timeJson(untilMs) };
  session.emit({ message_type: 'schedules_paused', ...until });
  session.tell(pauseWords(untilMs));
}
