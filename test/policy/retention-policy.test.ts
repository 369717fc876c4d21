/** The forget policy: restic's rules by table, against the rules read literally, and refusals. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSpan } from '../../src/policy/calendar-span.ts';
import type { ForgetPolicy, ForgetSnapshot } from '../../src/policy/forget-clauses.ts';
import { type ForgetOptions, planForget } from '../../src/policy/retention-policy.ts';

const DAY = 86_400_000;

function snapshot(time: string, changes: Partial<ForgetSnapshot> = {}): ForgetSnapshot {
  const timeMs = Date.parse(time.length === 10 ? `${time}T11:00:00Z` : `${time}Z`);
  return { id: time, timeMs, host: 'desk', paths: ['/home'], tags: [], ...changes };
}

/** What is kept, as "id: reasons", newest first. */
function kept(
  snapshots: readonly ForgetSnapshot[],
  policy: ForgetPolicy,
  options: ForgetOptions = {},
): string[] {
  const plan = planForget(snapshots, policy, [], options);
  return plan.flatMap(({ keep }) => keep.map((one) => `${one.snapshot.id}: ${one.reasons.join(', ')}`));
}

const sundays = Array.from({ length: 12 }, (_, week) =>
  snapshot(new Date(Date.parse('2019-09-01') + week * 7 * DAY).toISOString().slice(0, 10)),
);

describe('planForget', () => {
  test('keeps the last of each day that has one, not of each day (--keep-daily)', () => {
    expect(kept(sundays, { daily: 4 })).toEqual([
      '2019-11-17: daily snapshot',
      '2019-11-10: daily snapshot',
      '2019-11-03: daily snapshot',
      '2019-10-27: daily snapshot',
    ]);
  });

  test.each<[string, ForgetPolicy, string[]]>([
    ['last', { last: 2 }, ['2026-01-01T10:59:00: last snapshot', '2026-01-01T10:05:00: last snapshot']],
    [
      'hourly',
      { hourly: 2 },
      ['2026-01-01T10:59:00: hourly snapshot', '2026-01-01T09:59:00: hourly snapshot'],
    ],
    [
      'several at once',
      { last: 1, daily: 2, yearly: 1 },
      [
        '2026-01-01T10:59:00: last snapshot, daily snapshot, yearly snapshot',
        '2025-12-31T23:00:00: daily snapshot',
      ],
    ],
    [
      'monthly, with the oldest while some are left',
      { monthly: 3 },
      [
        '2026-01-01T10:59:00: monthly snapshot',
        '2025-12-31T23:00:00: monthly snapshot',
        '2025-12-28T01:00:00: oldest monthly snapshot',
      ],
    ],
    [
      'weekly: the first of January may be in the last week of December',
      { weekly: 2 },
      ['2026-01-01T10:59:00: weekly snapshot', '2025-12-28T01:00:00: weekly snapshot'],
    ],
    [
      'unlimited',
      { yearly: 'unlimited' },
      [
        '2026-01-01T10:59:00: yearly snapshot',
        '2025-12-31T23:00:00: yearly snapshot',
        '2025-12-28T01:00:00: oldest yearly snapshot',
      ],
    ],
    [
      'within, counted from the newest; exactly that long ago is out',
      { within: parseSpan('1h') },
      ['2026-01-01T10:59:00: within 1h', '2026-01-01T10:05:00: within 1h'],
    ],
    [
      'within, in milliseconds',
      { within: 3_600_000 },
      ['2026-01-01T10:59:00: within 1 h 00 min', '2026-01-01T10:05:00: within 1 h 00 min'],
    ],
    [
      'within-daily',
      { withinDaily: parseSpan('2d') },
      ['2026-01-01T10:59:00: daily within 2d', '2025-12-31T23:00:00: daily within 2d'],
    ],
    [
      'within-weekly reaching beyond the oldest',
      { withinWeekly: parseSpan('1y') },
      ['2026-01-01T10:59:00: weekly within 1y', '2025-12-28T01:00:00: weekly within 1y'],
    ],
    [
      'within-hourly and within-monthly and within-yearly',
      { withinHourly: parseSpan('2h'), withinMonthly: parseSpan('1m'), withinYearly: parseSpan('1m') },
      [
        '2026-01-01T10:59:00: hourly within 2h, monthly within 1m, yearly within 1m',
        '2026-01-01T09:59:00: hourly within 2h',
        '2025-12-31T23:00:00: monthly within 1m, yearly within 1m',
        '2025-12-28T01:00:00: oldest monthly within 1m, oldest yearly within 1m',
      ],
    ],
  ])('keeps by %s', (_, policy, expected) => {
    const snapshots = [
      '2025-12-28T01:00:00',
      '2025-12-31T23:00:00',
      '2026-01-01T09:59:00',
      '2026-01-01T10:05:00',
      '2026-01-01T10:59:00',
    ].map((time) => snapshot(time));
    expect(kept(snapshots, policy)).toEqual(expected);
  });

  test('keeps all that have every tag of any list; the empty tag stands for none (--keep-tag)', () => {
    const snapshots = [
      snapshot('2026-01-01', { tags: [] }),
      snapshot('2026-01-02', { tags: ['a'] }),
      snapshot('2026-01-03', { tags: ['a', 'b'] }),
      snapshot('2026-01-04', { tags: ['c'] }),
    ];
    expect(kept(snapshots, { tags: [['b', 'a'], ['c']] })).toEqual([
      '2026-01-04: has tags [c]',
      '2026-01-03: has tags [b, a]',
    ]);
    expect(kept(snapshots, { tags: [['']] })).toEqual(['2026-01-01: has tags []']);
  });

  test('counts spans by the calendar: a month before 31 March is 3 March, a year with a leap day is one', () => {
    const days = (newest: string, times: readonly string[], span: string): string[] =>
      kept(
        [newest, ...times].map((time) => snapshot(time)),
        { within: parseSpan(span) },
      ).map((line) => line.slice(0, 10));
    expect(days('2026-03-31', ['2026-03-04', '2026-03-03', '2026-02-28'], '1m')).toEqual([
      '2026-03-31',
      '2026-03-04',
    ]);
    expect(days('2025-01-01', ['2024-01-02', '2024-01-01'], '1y')).toEqual(['2025-01-01', '2024-01-02']);
    expect(days('2026-03-31', ['2020-01-01'], '9999y')).toEqual(['2026-03-31', '2020-01-01']);
  });

  test('begins days in the time zone that is given, UTC unless said', () => {
    const snapshots = [snapshot('2026-06-10T21:30:00'), snapshot('2026-06-10T22:30:00')];
    expect(kept(snapshots, { daily: 9 }).length).toBe(2); // the newest, and as the oldest
    expect(kept(snapshots, { daily: 1 })).toEqual(['2026-06-10T22:30:00: daily snapshot']);
    expect(kept(snapshots, { daily: 2 }, { timeZone: 'Europe/Berlin' })).toEqual([
      '2026-06-10T22:30:00: daily snapshot',
      '2026-06-10T21:30:00: daily snapshot',
    ]);
    // Clocks in Berlin went forward on 29 March: a day before 12:00 there is 12:00, 23 hours ago.
    const spring = [
      snapshot('2026-03-29T10:00:00'),
      snapshot('2026-03-28T11:00:01'),
      snapshot('2026-03-28T11:00:00'),
    ];
    expect(kept(spring, { within: parseSpan('1d') }, { timeZone: 'Europe/Berlin' }).length).toBe(2);
  });

  test('counts "within" from the newest that is not in the future, and keeps those that are', () => {
    const snapshots = [snapshot('2026-01-01'), snapshot('2026-01-10'), snapshot('2099-01-01')];
    const nowMs = Date.parse('2026-01-11');
    expect(kept(snapshots, { within: parseSpan('2d') }, { nowMs })).toEqual([
      '2099-01-01: within 2d',
      '2026-01-10: within 2d',
    ]);
    expect(kept(snapshots, { within: parseSpan('2d') }, { nowMs: 0 }).length).toBe(3);
  });

  test('applies the policy to each host and set of paths, unless told to group otherwise', () => {
    const snapshots = [
      snapshot('2026-01-01', { host: 'b', paths: ['/y', '/x'] }),
      snapshot('2026-01-02', { host: 'b', paths: ['/x', '/y'], tags: ['t'] }),
      snapshot('2026-01-03', { host: 'a', paths: ['/x'] }),
    ];
    const keys = (groupBy?: ('host' | 'paths' | 'tags')[]): unknown[] =>
      planForget(snapshots, { last: 1 }, groupBy).map(({ key, keep, remove }) => [
        key,
        keep.length,
        remove.length,
      ]);
    expect(keys()).toEqual([
      [{ host: 'a', paths: ['/x'] }, 1, 0],
      [{ host: 'b', paths: ['/x', '/y'] }, 1, 1],
    ]);
    expect(keys([])).toEqual([[{}, 1, 2]]);
    expect(keys(['tags'])).toEqual([
      [{ tags: ['t'] }, 1, 0],
      [{ tags: [] }, 1, 1],
    ]);
  });

  test.each<[string, ForgetPolicy]>([
    ['empty', {}],
    ['only zeros', { last: 0, daily: 0, within: 0, tags: [] }],
    ['an empty list of tags', { tags: [[]] }],
    ['a negative count', { last: -1 }],
    ['half a day', { daily: 0.5 }],
    ['not a number', { within: Number.NaN }],
    ['a negative span', { within: { years: -1, months: 0, days: 0, hours: 0 } }],
  ])('refuses a policy that is %s, even where there is nothing to forget', (_, policy) => {
    expect(() => planForget(sundays, policy)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => planForget([], policy)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('refuses a policy that keeps nothing of a group, unless that is allowed', () => {
    const snapshots = [...sundays, snapshot('2026-01-01', { host: 'laptop', tags: ['t'] })];
    expect(() => planForget(snapshots, { tags: [['t']] })).toThrow(/none of the snapshots of host desk/);
    const [desk, laptop] = planForget(snapshots, { tags: [['t']] }, undefined, { allowRemoveAll: true });
    expect([desk?.keep.length, desk?.remove.length, laptop?.keep.length]).toEqual([0, 12, 1]);
  });

  test('refuses a time zone nobody knows', () => {
    expect(() => planForget(sundays, { last: 1 }, [], { timeZone: 'Mars/Olympus' })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });
});

describe('properties', () => {
  const times = fc.array(fc.integer({ min: 0, max: 3 * 365 * 24 }), { minLength: 1, maxLength: 40 });
  const make = (hours: readonly number[]): ForgetSnapshot[] =>
    hours.map((hour, index) => ({
      ...snapshot('2023-01-01', { id: `${index}` }),
      timeMs: Date.parse('2023-01-01T00:30:00Z') + hour * 3_600_000,
    }));
  const newestFirst = (snapshots: readonly ForgetSnapshot[]): ForgetSnapshot[] =>
    snapshots.toSorted((a, b) => b.timeMs - a.timeMs || (a.id < b.id ? -1 : 1));

  test.each([
    ['hourly', 13],
    ['daily', 10],
    ['monthly', 7],
    ['yearly', 4],
  ] as const)(
    'keeps the newest of each of the last n, and the oldest of all while some are left: %s',
    (period, digits) => {
      fc.assert(
        fc.property(times, fc.integer({ min: 1, max: 20 }), (hours, count) => {
          const snapshots = make(hours);
          const sorted = newestFirst(snapshots);
          const newest = new Map<string, string>();
          for (const one of sorted) {
            const name = new Date(one.timeMs).toISOString().slice(0, digits);
            if (!newest.has(name)) newest.set(name, one.id);
          }
          const expected = new Set([...newest.values()].slice(0, count));
          const oldest = sorted.at(-1);
          if (newest.size < count && oldest) expected.add(oldest.id);
          const [group] = planForget(snapshots, { [period]: count }, []);
          expect(new Set(group?.keep.map((one) => one.snapshot.id))).toEqual(expected);
        }),
      );
    },
  );

  test('neither loses nor doubles a snapshot, and a policy that says more keeps more', () => {
    const count = fc.nat(5);
    const span = fc.integer({ min: 1, max: 400 }).map((days) => ({ years: 0, months: 0, days, hours: 0 }));
    const more = fc.record(
      {
        last: count,
        hourly: count,
        daily: count,
        weekly: count,
        monthly: count,
        yearly: count,
        within: span,
        withinDaily: span,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(times, more, (hours, extra) => {
        const snapshots = make(hours);
        const [one] = planForget(snapshots, { last: 1 }, []);
        const [group] = planForget(snapshots, { last: 1, ...extra, ...(extra.last ? {} : { last: 1 }) }, []);
        const all = [...(group?.keep.map((entry) => entry.snapshot) ?? []), ...(group?.remove ?? [])];
        expect(newestFirst(all)).toEqual(newestFirst(snapshots));
        for (const entry of one?.keep ?? []) {
          expect(group?.keep.some((other) => other.snapshot.id === entry.snapshot.id)).toBe(true);
        }
        for (const entry of group?.keep ?? []) expect(entry.reasons.length).toBeGreaterThan(0);
      }),
    );
  });

  test('forgets nothing more when it is run again', () => {
    fc.assert(
      fc.property(times, fc.nat(4), fc.integer({ min: 1, max: 9 }), (hours, daily, weekly) => {
        const policy = { daily, weekly };
        const [first] = planForget(make(hours), policy, []);
        const [again] = planForget(first?.keep.map((entry) => entry.snapshot) ?? [], policy, []);
        expect(again?.remove).toEqual([]);
      }),
    );
  });
});
