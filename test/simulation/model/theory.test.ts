import { describe, expect, it } from 'vitest';
import { lossProbability, lossRate, meanTimeToLoss } from '../../../src/simulation/model/theory.ts';

/** The chain of two copies, solved by hand: MTTDL = (3f + u) / (2 f^2). */
function twoCopies(f: number, u: number): number {
  return (3 * f + u) / (2 * f * f);
}

/** Three copies, replaced in parallel (rates u and 2u): solved by hand from the three equations of the chain. */
function threeCopies(f: number, u: number): number {
  const third = 1 / (3 * f);
  const second = (1 + u * third) / (2 * f);
  const first = (1 + 2 * u * second) / f;
  return third + second + first;
}

describe('the theory of independent failures', () => {
  it('says that one copy lives as long as its holder', () => {
    expect(meanTimeToLoss({ copies: 1, failureRate: 0.5, repairTime: 1 })).toBeCloseTo(2, 12);
  });

  it('is the closed form for two and three copies', () => {
    for (const [f, t] of [
      [1, 0.1],
      [0.01, 3],
      [7, 0.5],
    ] as const) {
      expect(meanTimeToLoss({ copies: 2, failureRate: f, repairTime: t })).toBeCloseTo(
        twoCopies(f, 1 / t),
        6,
      );
      const three = meanTimeToLoss({ copies: 3, failureRate: f, repairTime: t });
      expect(three / threeCopies(f, 1 / t)).toBeCloseTo(1, 9);
    }
  });

  it('is 3 f^3 T^2 for three copies that rarely fail', () => {
    const rate = lossRate({ copies: 3, failureRate: 0.5, repairTime: 0.001 });
    expect(rate / (3 * 0.5 ** 3 * 0.001 ** 2)).toBeCloseTo(1, 2);
  });

  it('gains from the extra copy that is made when one living copy is left (R1)', () => {
    const slow = { copies: 3, failureRate: 1, repairTime: 0.01 };
    const extras = { below: 2, time: 0.0001 };
    expect(lossRate({ ...slow, extras })).toBeLessThan(lossRate(slow) / 40);
  });

  it('adds up over many and over time', () => {
    const chain = { copies: 2, failureRate: 1, repairTime: 0.001 };
    expect(lossProbability(chain, 1, 10)).toBeCloseTo(1 - (1 - lossProbability(chain, 1)) ** 10, 12);
  });
});
