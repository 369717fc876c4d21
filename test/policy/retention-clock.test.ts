/** The holder's clock and the trash (L4): a clock that jumps never makes anything older than it is by much. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ageMs, type ClockMark, observeClock } from '../../src/policy/retention-clock.ts';

const MIN = 60_000;
const DAY = 24 * 60 * MIN;
const START = 1_800_000_000_000;

/** Readings as [wall, monotonic], in days after the start; no monotonic value is the first reading of a run. */
function read(readings: readonly (readonly [number, number?])[], from?: ClockMark): ClockMark {
  let mark = from;
  for (const [wall, monotonic] of readings) {
    mark = observeClock(mark, {
      wallMs: START + wall * DAY,
      monotonicMs: monotonic === undefined ? undefined : monotonic * DAY,
    });
  }
  if (!mark) throw new Error('no reading');
  return mark;
}

const ageInDays = (mark: ClockMark, stamp: number, wall: number): number =>
  ageMs(mark, START + stamp * DAY, START + wall * DAY) / DAY;

describe('ageMs', () => {
  test.each<[string, [number, number?][], number, number, number]>([
    ['counts days while the clock runs', [[0], [0, 0], [10, 10]], 1, 10, 9],
    ['is never older than the first reading', [[100], [100, 0], [103, 3]], 1, 103, 3],
    ['goes on over a night or a week without power', [[0], [0, 0], [6.5], [6.5, 0], [13]], 0, 13, 13],
    ['starts anew after more than a week without power', [[0], [0, 0], [8]], 0, 8, 0],
    ['goes on when the machine slept', [[0], [0, 0], [6, 0.1], [12, 0.2]], 0, 12, 12],
    ['starts anew when the clock jumps ahead', [[0], [0, 0], [1, 1], [366, 1.001]], 0.5, 366, 0],
    ['counts from the jump on', [[0], [0, 0], [366, 0.001], [371, 5]], 0, 371, 5],
    ['starts anew when the clock is set back', [[10], [10, 0], [5, 0.001], [7, 2]], 10, 7, 2],
    ['ages what was stamped in a future that was not', [[900], [900, 0], [5], [5, 0], [25, 20]], 899, 25, 20],
    ['gives no age to what is stamped a little ahead', [[0], [0, 0], [5, 5], [4.999, 5]], 5, 4.999, 0],
  ])('%s', (_, readings, stamp, wall, expected) => {
    expect(ageInDays(read(readings), stamp, wall)).toBeCloseTo(expected, 6);
  });

  test('is the true age when the clock is right, whatever the readings', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 * 24 }), { minLength: 1, maxLength: 60 }), (steps) => {
        let hour = 0;
        let mark = read([[0]]);
        for (const step of steps) {
          hour += step;
          mark = read([step % 2 === 0 ? [hour / 24, hour / 24] : [hour / 24]], mark);
          expect(ageInDays(mark, 0, hour / 24)).toBeCloseTo(hour / 24, 6);
        }
      }),
    );
  });

  test('is never more than the true age and a week, when a clock jumps once in any direction (L4)', () => {
    const history = fc.record({
      jumpDays: fc.double({ min: -4000, max: 4000, noNaN: true }),
      jumpAt: fc.integer({ min: 1, max: 40 }),
      restart: fc.boolean(),
      stampAt: fc.integer({ min: 0, max: 60 }),
      days: fc.integer({ min: 1, max: 80 }),
    });
    fc.assert(
      fc.property(history, ({ jumpDays, jumpAt, restart, stampAt, days }) => {
        const wall = (day: number): number => day + (day >= jumpAt ? jumpDays : 0);
        let mark: ClockMark | undefined;
        for (let day = 0; day <= days; day++) {
          const first = day === 0 || (restart && day === jumpAt);
          mark = read([first ? [wall(day)] : [wall(day), day]], mark);
          if (day < stampAt) continue;
          const age = ageInDays(mark, wall(stampAt), wall(day));
          expect(age).toBeLessThanOrEqual(day - stampAt + 7.001);
          expect(age).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
