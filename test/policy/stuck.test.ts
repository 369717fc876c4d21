import { describe, expect, it } from 'vitest';
import { followLag, type Lag, stuckGroups } from '../../src/policy/stuck.ts';

const STUCK_MS = 1000;
const EVERYWHERE = () => true;

interface Word {
  readonly atMs: number;
  readonly missing: number;
  readonly missingMs?: number;
  readonly unaware?: boolean;
  readonly groups?: readonly number[];
}

function lagAfter(words: readonly Word[]): Lag | undefined {
  return words.reduce<Lag | undefined>((lag, word) => {
    const { atMs, missing, missingMs = 1e6, unaware = false, groups = [7] } = word;
    const lacks = (group: number): boolean => groups.includes(group);
    return followLag(lag, { nowMs: atMs, missing, missingMs, unaware, lacks }, STUCK_MS);
  }, undefined);
}

/** The same word each 200 ms from 0 to `untilMs`. */
function every200(untilMs: number, word: Omit<Word, 'atMs'>): Word[] {
  return Array.from({ length: untilMs / 200 + 1 }, (_, i) => ({ atMs: i * 200, ...word }));
}

const stuck = (words: readonly Word[]): readonly number[] =>
  stuckGroups(lagAfter(words), STUCK_MS, EVERYWHERE);

describe('a member that lacks chunks and does not get on (8.10)', () => {
  it('counts as declining the group after the time, not before', () => {
    expect(stuck(every200(800, { missing: 3 }))).toEqual([]);
    expect(stuck(every200(1000, { missing: 3 }))).toEqual([7]);
  });

  it('is willing again as soon as the group is whole, or nothing is missing', () => {
    const long = every200(2000, { missing: 3, groups: [7, 9] });
    expect(stuck([...long, { atMs: 2200, missing: 3, groups: [9] }])).toEqual([9]);
    expect(stuck([...long, { atMs: 2200, missing: 0, missingMs: 0, groups: [] }])).toEqual([]);
    expect(stuck([...long, { atMs: 2200, missing: 3, missingMs: 100 }])).toEqual([]);
  });

  it('is not stuck while it fetches, however slowly; and swinging to and fro is no progress', () => {
    const slow = every200(4000, { missing: 0 }).map((word, i) => ({ ...word, missing: 100 - i }));
    expect(stuck(slow)).toEqual([]);
    const swinging = every200(4000, { missing: 0 }).map((word, i) => ({ ...word, missing: 5 + (i % 2) }));
    expect(stuck(swinging)).toEqual([7]);
  });

  it('is not blamed for chunks that came just now, nor for a time in which we did not hear it', () => {
    const long = every200(2000, { missing: 3 });
    expect(stuck([...long, { atMs: 2200, missing: 4, groups: [7, 8] }])).toEqual([7]);
    expect(stuck([...long, { atMs: 2300, missing: 3 }])).toEqual([]);
  });

  it('counts as declining also when it does not know what it lacks, until it knows as much as others do', () => {
    const long = every200(1000, { missing: 0, missingMs: 0, unaware: true });
    expect(stuck(long.slice(0, -1))).toEqual([]);
    expect(stuck(long)).toEqual([7]);
    expect(stuck([...long, { atMs: 1200, missing: 0, missingMs: 0, unaware: false }])).toEqual([]);
    expect(stuck([...long, { atMs: 1200, missing: 2, missingMs: 0, unaware: false }])).toEqual([]);
    expect(stuck(every200(2000, { missing: 0, missingMs: 0, unaware: true, groups: [] }))).toEqual([]);
  });

  it('is not blamed for chunks that nobody has', () => {
    expect(stuckGroups(lagAfter(every200(2000, { missing: 3 })), STUCK_MS, () => false)).toEqual([]);
  });
});
