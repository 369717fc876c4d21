/** Schedules on the calendar: slots, missed slots, retries, changes, pauses, and the two odd nights of the year. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkTiming,
  nextRun,
  type ScheduleHistory,
  type ScheduleTiming,
} from '../../src/policy/schedule-times.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-06-10T12:00:00Z');
const fresh: ScheduleHistory = { addedMs: NOW, failures: 0 };
const utc = { timeZone: 'UTC' };

const at = (text: string): number => Date.parse(text);
/** The runs that follow each other when every run begins on time and ends at once. */
function runsOf(timing: ScheduleTiming, afterMs: number, count: number): string[] {
  const runs: string[] = [];
  let ranMs = afterMs;
  for (let i = 0; i < count; i++) {
    ranMs = nextRun(timing, { addedMs: afterMs, ranMs, failures: 0 }, ranMs)?.dueMs ?? Number.NaN;
    runs.push(new Date(ranMs).toISOString().slice(0, 16));
  }
  return runs;
}

describe('an interval', () => {
  const hourly = { ...utc, everyMs: HOUR };

  it('runs at once when it is new, then an interval after the last begin', () => {
    expect(nextRun(hourly, fresh, NOW)).toEqual({ dueMs: NOW, reason: 'due' });
    const ran = { ...fresh, ranMs: NOW, endedMs: NOW + MIN };
    expect(nextRun(hourly, ran, NOW + 2 * MIN)).toEqual({ dueMs: NOW + HOUR, reason: 'due' });
  });

  it('makes up once for any number of missed slots', () => {
    const now = NOW + 9 * DAY;
    expect(nextRun(hourly, { ...fresh, ranMs: NOW }, now)).toMatchObject({ reason: 'missed' });
    expect(nextRun(hourly, { ...fresh, ranMs: now }, now)?.dueMs).toBe(now + HOUR);
  });

  it('is due when the last run lies in a future that only a wrong clock can have told', () => {
    const wrong = { ...fresh, ranMs: NOW + 400 * DAY };
    expect(nextRun(hourly, wrong, NOW)?.dueMs).toBe(NOW);
    expect(nextRun({ ...utc, cron: '0 3 * * *' }, wrong, NOW)?.dueMs).toBe(NOW);
    expect(nextRun(hourly, { ...fresh, ranMs: NOW + MIN }, NOW)?.dueMs).toBe(NOW + MIN + HOUR);
  });
});

describe('a cron line', () => {
  const nightly = { ...utc, cron: '0 3 * * *' };

  it('waits for its first slot after it was added', () => {
    expect(nextRun(nightly, fresh, NOW)).toEqual({ dueMs: at('2026-06-11T03:00:00Z'), reason: 'due' });
  });

  it('makes up once for missed slots, and the next slot is the next on the calendar', () => {
    const now = NOW + 5 * DAY;
    expect(nextRun(nightly, { ...fresh, ranMs: at('2026-06-10T03:00:00Z') }, now)).toEqual({
      dueMs: at('2026-06-11T03:00:00Z'),
      reason: 'missed',
    });
    expect(nextRun(nightly, { ...fresh, ranMs: now }, now)?.dueMs).toBe(at('2026-06-16T03:00:00Z'));
  });

  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00', '2026-03-09T06:30']],
    ['0 3 * * *', 'Asia/Kolkata', '2026-06-01T00:00Z', ['2026-06-01T21:30', '2026-06-02T21:30']],
    [
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:30Z',
      ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'],
    ],
    ['0 9 * * MON-FRI', 'Europe/Berlin', '2026-03-27T12:00Z', ['2026-03-30T07:00', '2026-03-31T07:00']],
    ['@monthly', 'UTC', '2026-01-15T00:00Z', ['2026-02-01T00:00', '2026-03-01T00:00']],
  ])('%s in %s runs once a slot, also where clocks change', (cron, timeZone, from, expected) => {
    expect(runsOf({ cron, timeZone }, Date.parse(from), expected.length)).toEqual(expected);
  });

  it('always comes after the last run, and never twice in a minute', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe');
    const lines = fc.constantFrom('*/5 * * * *', '30 2 * * *', '0 0 1 * *', '15 1,2,3 * * SUN');
    fc.assert(
      fc.property(zones, lines, fc.integer({ min: 0, max: 4 * 365 * DAY }), (timeZone, cron, offset) => {
        const ranMs = NOW + offset;
        const due = nextRun({ cron, timeZone }, { addedMs: NOW, ranMs, failures: 0 }, ranMs)?.dueMs ?? 0;
        expect(due).toBeGreaterThan(ranMs);
        expect(due % MIN).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['', '0 3 * *', '0 3 * * * *', '0 25 * * *', 'daily', '0 0 30 2 *'])('is refused: %j', (cron) => {
    expect(() => checkTiming({ ...utc, cron })).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('is refused in a time zone that does not exist', () => {
    expect(() => checkTiming({ cron: '0 3 * * *', timeZone: 'Mars/Base' })).toThrow('not a time zone');
    expect(() => checkTiming({ cron: '0 3 * * *', timeZone: 'Europe/Berlin' })).not.toThrow();
  });
});

describe('changes', () => {
  const watch = { ...utc, settleMs: 30_000 };

  it('are waited for', () => {
    expect(nextRun(watch, { ...fresh, ranMs: NOW, endedMs: NOW }, NOW + DAY)).toBeUndefined();
  });

  it('are backed up when they have settled, and after ten times that when they never do', () => {
    const changes = { firstMs: NOW, lastMs: NOW + 10_000 };
    expect(nextRun(watch, { ...fresh, changes }, NOW)).toEqual({ dueMs: NOW + 40_000, reason: 'changed' });
    const busy = { firstMs: NOW, lastMs: NOW + HOUR };
    expect(nextRun(watch, { ...fresh, changes: busy }, NOW)?.dueMs).toBe(NOW + 300_000);
  });

  it('that come while a run is under way wait for a rest after it', () => {
    const changes = { firstMs: NOW, lastMs: NOW + 1000 };
    expect(nextRun(watch, { ...fresh, endedMs: NOW + HOUR, changes }, NOW)?.dueMs).toBe(NOW + HOUR + 30_000);
  });
});

describe('a failed run', () => {
  it('is tried again soon, then less often, and no later than the next slot', () => {
    const timing = { ...utc, cron: '0 3 * * *' };
    const wait = (failures: number): number =>
      ((nextRun(timing, { ...fresh, ranMs: NOW, endedMs: NOW, failures }, NOW)?.dueMs ?? 0) - NOW) / MIN;
    expect([1, 2, 3, 4, 5, 100].map(wait)).toEqual([5, 10, 20, 40, 60, 60]);
    const often = { ...utc, everyMs: MIN };
    expect(nextRun(often, { ...fresh, ranMs: NOW, endedMs: NOW, failures: 3 }, NOW)?.dueMs).toBe(NOW + MIN);
  });
});

it('what is due in a pause waits for its end, and then runs once', () => {
  const hourly = { ...utc, everyMs: HOUR };
  const history = { ...fresh, ranMs: NOW - 2 * HOUR };
  expect(nextRun(hourly, history, NOW, NOW + DAY)).toEqual({ dueMs: NOW + DAY, reason: 'missed' });
  expect(nextRun(hourly, history, NOW, NOW - DAY)?.dueMs).toBeLessThan(NOW);
});
