/** Patterns mean what they mean for restic: the rows were tried with restic's own matcher in mind, in its order of rules. */
import { describe, expect, it } from 'vitest';
import { restoreFilter } from '../../src/backup/restore-filter.ts';
import { pathRules } from '../../src/policy/path-rules.ts';

const match = (patterns: readonly string[], names: readonly string[], anyCase = false) => {
  const rules = pathRules(patterns, { anyCase });
  const path = `/${names.join('/')}`;
  return { matched: rules.matches(path), below: rules.mayMatchBelow(path) };
};

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '');

/** Pattern, path, matched, something below may be matched. */
const TABLE: readonly (readonly [string, string, boolean, boolean])[] = [
  // anywhere
  ['*.c', '/home/me/a.c', true, true],
  ['*.c', '/home/me/a.h', false, true],
  ['me', '/home/me', true, true],
  ['me', '/home/me/deep/down', true, true],
  ['me/*.c', '/home/me/a.c', true, true],
  ['me/*.c', '/home/me/x/a.c', false, true],
  ['*', '/x', true, true],
  ['cache/', '/home/cache/x', true, true],
  // only there
  ['/home', '/home/me', true, true],
  ['/home/me/', '/home/me', true, true],
  ['/home/*', '/home', false, true],
  ['/home/me/a', '/home', false, true],
  ['/home/me/a', '/home/you', false, false],
  ['/me', '/home/me', false, false],
  ['/home/*/a', '/home/me/b', false, false],
  ['/home//./me/x/../a', '/home/me/a', true, true],
  ['/', '/anything', true, true],
  // any number of folders
  ['a/**/z', '/x/a/z', true, true],
  ['a/**/z', '/x/a/b/c/z/below', true, true],
  ['a/**/z', '/x/a/b', false, true],
  ['/a/**/z', '/a/b/c', false, true],
  ['/a/**/z', '/b', false, false],
  ['/**/z', '/b/c', false, true],
  ['**', '/a', true, true],
  ['a/**/**/**/**/**/**/**/**/**/**/z', '/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p', false, true],
  // in a name
  ['?.c', '/a.c', true, true],
  ['?.c', '/ab.c', false, true],
  ['?', '/\u{1f600}', true, true],
  ['[a-c]x', '/bx', true, true],
  ['[^a-c]x', '/bx', false, true],
  ['[a\\]\\-]x', '/-x', true, true],
  ['a\\*b', '/a*b', true, true],
  ['a\\*b', '/aXb', false, true],
  ['a.c', '/aXc', false, true],
  ['(a|b)+', '/(a|b)+', true, true],
  ['(a|b)*', '/(a|b)x', true, true],
  ['*', '/line\nbreak', true, true],
];

describe('patterns', () => {
  it.each(TABLE)('%s against %s: %s, below %s', (pattern, path, matched, below) => {
    expect(match([pattern], namesOf(path))).toEqual({ matched, below });
  });

  it('match if one of them does, and take back what those before them matched', () => {
    const both = ['*.c', '*.h', '!keep.c', ''];
    const matched = (path: string): boolean => match(both, namesOf(path)).matched;
    expect(['/a.c', '/a.h', '/keep.c', '/a.go'].map(matched)).toEqual([true, true, false, false]);
    expect(match([], ['a'])).toEqual({ matched: false, below: false });
    expect(match(['a', '!a/b', 'a/b/c'], ['a', 'b', 'c']).matched).toBe(true);
  });

  it('tell upper and lower case apart unless told not to', () => {
    const matched = (pattern: string, ignoreCase: boolean): boolean =>
      match([pattern], ['PHOTOS', 'Älter.JPG'], ignoreCase).matched;
    expect([matched('photos', false), matched('photos', true)]).toEqual([false, true]);
    expect([matched('ä*.jpg', false), matched('ä*.jpg', true)]).toEqual([false, true]);
  });

  it.each(['[', 'a/[b', '[a\\]-]x', '[]', '[a-', '[z-a]', 'a\\', '!', '!.'])('refuses %s', (pattern) => {
    expect(() => pathRules([pattern])).toThrow(/is no pattern/);
  });
});

describe('the filter of a restore', () => {
  const select = (patterns: Parameters<typeof restoreFilter>[0], path: string) =>
    restoreFilter(patterns)?.select(namesOf(path));

  it('includes what matches, whatever its case where that was said, and the folders on the way', () => {
    const patterns = { include: ['/a/b'], iinclude: ['*.JPG'] };
    expect(select(patterns, '/a')).toEqual({ selected: false, below: true });
    expect(select(patterns, '/a/b/c')).toEqual({ selected: true, below: true });
    expect(select(patterns, '/x/y.jpg')).toMatchObject({ selected: true });
    expect(select({ include: ['/a/b'] }, '/x')).toEqual({ selected: false, below: false });
  });

  it('excludes what matches with all that is below it', () => {
    const patterns = { exclude: ['cache', '!cache/keep'], iexclude: ['*.TMP'] };
    expect(select(patterns, '/a')).toEqual({ selected: true, below: true });
    expect(select(patterns, '/a/cache')).toEqual({ selected: false, below: false });
    expect(select(patterns, '/a/b.tmp')).toEqual({ selected: false, below: false });
  });

  it('takes no orders that contradict each other, and none at all', () => {
    expect(() => restoreFilter({ include: ['a'], iexclude: ['b'] })).toThrow(/not both/);
    expect(restoreFilter({ include: [], exclude: [] })).toBeUndefined();
  });
});
