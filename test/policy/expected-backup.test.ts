/** Backups that are expected and do not come. */
import { expect, it } from 'vitest';
import { alarmDue, lateMs } from '../../src/policy/expected-backup.ts';

const DAY = 86_400_000;
const SINCE = 1_800_000_000_000;
const expected = { expectMs: 3 * DAY, sinceMs: SINCE };

it('a backup is late after the time in which it was expected, and not a moment before', () => {
  expect(lateMs(expected, SINCE + 3 * DAY)).toBe(0);
  expect(lateMs(expected, SINCE + 3 * DAY + 5)).toBe(5);
  expect(lateMs(expected, SINCE - 90 * DAY)).toBe(0);
});

it('raises one alarm, and another one for each further time in which it should have come', () => {
  const late = SINCE + 3 * DAY + 1;
  expect(alarmDue(expected, SINCE + DAY)).toBe(false);
  expect(alarmDue(expected, late)).toBe(true);
  const told = { ...expected, alarmedMs: late };
  expect(alarmDue(told, late + DAY)).toBe(false);
  expect(alarmDue(told, late + 3 * DAY)).toBe(true);
});

it('an alarm about an earlier backup, or of a clock that was ahead, silences nothing', () => {
  const late = SINCE + 3 * DAY + 1;
  expect(alarmDue({ ...expected, alarmedMs: SINCE - DAY }, late)).toBe(true);
  expect(alarmDue({ ...expected, alarmedMs: late + 50 * DAY }, late)).toBe(true);
});
