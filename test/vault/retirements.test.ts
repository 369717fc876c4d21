/** Which retirements stand: the same answer for every reader, in whatever order the logs came (L4). */
import { describe, expect, it } from 'vitest';
import { type Retirement, standingRetirements } from '../../src/policy/retirements.ts';

const says = (by: number, sequence: number, target: number, next: number): Retirement => ({
  by,
  sequence,
  target,
  next,
});

describe('retirements', () => {
  it.each([
    ['one stands', [says(1, 5, 2, 3)], [0]],
    ['one by a device that was retired later stands', [says(1, 5, 2, 3), says(3, 0, 1, 6)], [0, 1]],
    ['one by a device that was retired before says nothing', [says(1, 5, 2, 3), says(3, 0, 1, 5)], [1]],
    [
      'one whose only opponent has fallen stands again',
      [says(1, 5, 2, 3), says(3, 4, 1, 5), says(4, 0, 3, 4)],
      [0, 2],
    ],
    ['two that strike each other both fall', [says(1, 5, 2, 3), says(2, 3, 1, 5)], []],
    ['a quarrel of two leaves a third alone', [says(1, 5, 2, 3), says(2, 3, 1, 5), says(3, 1, 4, 2)], [2]],
  ])('%s', (_name, said, standing) => {
    expect(standingRetirements(said)).toEqual(standing.map((at) => said[at]));
    expect(new Set(standingRetirements(said.toReversed()))).toEqual(new Set(standing.map((at) => said[at])));
  });
});
