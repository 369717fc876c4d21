/** Spans as restic writes them, and calendars in time zones. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf, parseSpan, spanText } from '../../src/policy/calendar-span.ts';

describe('parseSpan', () => {
  test('reads years, months, days and hours, in any order, and writes them in one', () => {
    expect(parseSpan('2y5m7d3h')).toEqual({ years: 2, months: 5, days: 7, hours: 3 });
    expect(spanText(parseSpan(' 7d2y '))).toBe('2y7d');
    fc.assert(
      fc.property(
        fc.nat(9999),
        fc.nat(99_999),
        fc.nat(999_999),
        fc.integer({ min: 1, max: 9_999_999 }),
        (y, m, d, h) => {
          const span = { years: y, months: m, days: d, hours: h };
          expect(parseSpan(spanText(span))).toEqual(span);
        },
      ),
    );
  });

  test.each(['', '0d', '5', 'd', '1w', '1d2d', '-1d', '1.5d', '1d ago', '10000y', '99999999999999999999h'])(
    'refuses %j',
    (text) => {
      expect(() => parseSpan(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});

describe('calendarOf', () => {
  test.each([
    ['UTC', '2026-01-01T00:30:00Z', [2026, 1, 1, 0, 30, 0]],
    ['Asia/Kolkata', '2026-01-01T00:30:00Z', [2026, 1, 1, 6, 0, 0]],
    ['America/New_York', '2026-01-01T00:30:59Z', [2025, 12, 31, 19, 30, 59]],
    ['UTC', '-000004-02-29T00:00:00Z', [-4, 2, 29, 0, 0, 0]],
  ])('in %s %s has the fields %j', (zone, time, expected) => {
    const { year, month, day, hour, minute, second } = calendarOf(zone).fields(Date.parse(time));
    expect([year, month, day, hour, minute, second]).toEqual(expected);
  });

  test.each([
    ['UTC', '2026-03-31T12:00:00.123Z', '1m', '2026-03-03T12:00:00.123Z'],
    ['UTC', '2024-02-29T12:00:00Z', '1y', '2023-03-01T12:00:00Z'],
    ['UTC', '2026-01-15T12:00:00Z', '14m', '2024-11-15T12:00:00Z'],
    ['UTC', '2026-01-01T01:00:00Z', '1d2h', '2025-12-30T23:00:00Z'],
    ['Europe/Berlin', '2026-03-29T10:00:00Z', '1d', '2026-03-28T11:00:00Z'],
    ['Europe/Berlin', '2026-10-25T11:00:00Z', '1d', '2026-10-24T10:00:00Z'],
    ['America/New_York', '2026-07-01T00:00:00Z', '6m', '2025-12-31T01:00:00Z'],
    ['UTC', '2026-01-01T00:00:00Z', '2000y', '0026-01-01T00:00:00Z'],
  ])('in %s, %s less %s is %s', (zone, time, span, expected) => {
    expect(calendarOf(zone).before(Date.parse(time), parseSpan(span))).toBe(Date.parse(expected));
  });
});
