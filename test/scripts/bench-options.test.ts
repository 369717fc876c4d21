import { describe, expect, it } from 'vitest';
import { CASES, parseBench } from '../../scripts/bench/options.ts';

describe('the options of the benchmark', () => {
  it('ask for all cases, three runs and full data when nothing is said', () => {
    expect(parseBench([])).toEqual({
      quick: false,
      data: undefined,
      cases: CASES,
      runs: 3,
      json: undefined,
      keep: false,
    });
  });

  it('take what is said, cases in the order in which they run', () => {
    const args = ['--quick', '--cases', 'mesh,engine', '--runs', '5', '--data', 'd', '--json', 'f', '--keep'];
    expect(parseBench(args)).toEqual({
      quick: true,
      data: 'd',
      cases: ['engine', 'mesh'],
      runs: 5,
      json: 'f',
      keep: true,
    });
  });

  it('refuse what makes no sense', () => {
    expect(() => parseBench(['--cases', 'engine,moon'])).toThrow(/not "moon"/);
    expect(() => parseBench(['--runs', '0'])).toThrow(/--runs wants a whole number/);
    expect(() => parseBench(['--runs', 'many'])).toThrow(/--runs wants a whole number/);
    expect(() => parseBench(['--fast'])).toThrow();
  });
});
