/** Limits that depend on the time of day. */
import { describe, expect, it } from 'vitest';
import { calendarOf } from '../../src/policy/calendar-span.ts';
import { parseRatePlan, rateAt } from '../../src/policy/rate-plan.ts';

const KIB = 1024;
const NONE = Number.POSITIVE_INFINITY;

describe('a limit by the time of day', () => {
  it.each([
    ['500k', '2026-06-10T12:00Z', 500 * KIB],
    ['unlimited', '2026-06-10T12:00Z', NONE],
    ['08:00-18:00=500k', '2026-06-10T07:59Z', NONE],
    ['08:00-18:00=500k', '2026-06-10T08:00Z', 500 * KIB],
    ['08:00-18:00=500k', '2026-06-10T17:59:59Z', 500 * KIB],
    ['08:00-18:00=500k', '2026-06-10T18:00Z', NONE],
    ['22:00-06:00=unlimited, 1M', '2026-06-10T23:00Z', NONE],
    ['22:00-06:00=unlimited, 1M', '2026-06-10T05:59Z', NONE],
    ['22:00-06:00=unlimited, 1M', '2026-06-10T06:00Z', 1024 * KIB],
    ['8:00-12:00=32k,10:00-24:00=64k', '2026-06-10T11:00Z', 32 * KIB],
    ['8:00-12:00=32k,10:00-24:00=64k', '2026-06-10T23:59Z', 64 * KIB],
    ['00:00-00:00=32', '2026-06-10T13:00Z', 32 * KIB],
    ['0', '2026-06-10T13:00Z', NONE],
  ])('%s at %s', (text, time, expected) => {
    expect(rateAt(parseRatePlan(text), Date.parse(time), calendarOf('UTC'))).toBe(expected);
  });

  it('means the clocks of the time zone, summer and winter', () => {
    const plan = parseRatePlan('08:00-18:00=500k');
    expect(rateAt(plan, Date.parse('2026-07-01T06:30Z'), calendarOf('Europe/Berlin'))).toBe(500 * KIB);
    expect(rateAt(plan, Date.parse('2026-01-01T06:30Z'), calendarOf('Europe/Berlin'))).toBe(NONE);
  });

  it.each([
    '',
    'fast',
    '31k',
    '08:00-18:00=',
    '08:00=50k',
    '25:00-26:00=50k',
    '08:60-09:00=50k',
    '50k,60k',
    '24:30-1:00=50k',
  ])('refuses %j', (text) => {
    expect(() => parseRatePlan(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
