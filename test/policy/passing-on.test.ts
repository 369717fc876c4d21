/** How fast each holder passes chunks on is told apart from what whole routes took (T2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PassingOn } from '../../src/policy/passing-on.ts';

const LEAST_MS = 5;

describe('how fast holders pass on', () => {
  it('is found out for each of them from routes that go through two', () => {
    const needs = fc.array(fc.integer({ min: LEAST_MS, max: 5000 }), { minLength: 3, maxLength: 5 });
    fc.assert(
      fc.property(needs, (truth) => {
        const names = truth.map((_, i) => `p${i}`);
        const passing = new PassingOn(LEAST_MS);
        for (let round = 0; round < 60; round++) {
          for (const [i, name] of names.entries()) {
            const next = (i + 1 + (round % (names.length - 1))) % names.length;
            passing.seen([name, `p${next}`], (truth[i] ?? 0) + (truth[next] ?? 0), 0);
          }
        }
        for (const [i, name] of names.entries())
          expect(Math.abs((passing.msPerMiB(name, 0) ?? 0) - (truth[i] ?? 0))).toBeLessThan(1);
      }),
    );
  });

  it('is unknown of one that was never seen, and forgotten by half in half a minute', () => {
    const passing = new PassingOn(LEAST_MS);
    expect(passing.msPerMiB('a', 0)).toBeUndefined();
    passing.seen(['a'], 4000, 0);
    expect(passing.msPerMiB('a', 0)).toBe(4000);
    expect(passing.msPerMiB('a', 30_000)).toBe(2000);
    expect(passing.msPerMiB('a', 3_000_000)).toBe(LEAST_MS);
    expect(passing.msPerMiB('b', 0)).toBeUndefined();
  });

  it('is never less than the least, whatever a relay says', () => {
    const passing = new PassingOn(LEAST_MS);
    for (const ms of [0, -1e9, 100, 0]) passing.seen(['a', 'b'], ms, 0);
    expect(passing.msPerMiB('a', 0)).toBeGreaterThanOrEqual(LEAST_MS);
  });
});
