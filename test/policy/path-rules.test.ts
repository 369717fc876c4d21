/** Patterns mean what restic's documentation says ("Excluding Files"); test/restic asks restic itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathRules } from '../../src/policy/path-rules.ts';
import { ANY_NUMBER, type Token, wildMatch } from '../../src/policy/wild-match.ts';

const matched = (patterns: string | readonly string[], path: string, anyCase = false) =>
  pathRules(typeof patterns === 'string' ? [patterns] : patterns, { anyCase }).matches(path);

describe('a pattern', () => {
  it.each<[pattern: string, matches: readonly string[], leaves: readonly string[]]>([
    ['foo', ['/foo', '/dir/foo', '/dir1/foo/dir2/file'], ['/dir/foobar', '/barfoo', '/FOO']],
    ['/bin', ['/bin', '/bin/bash'], ['/usr/bin', '/usr/bin/restic']],
    ['b*ash', ['/bin/bash', '/bash'], ['/bin/ash']],
    ['foo/**/bar', ['/dir1/foo/dir2/bar/file', '/foo/bar/file', '/tmp/foo/bar'], ['/foo', '/bar/foo']],
    ['x/y', ['/x/y', '/a/x/y/z'], ['/x', '/y', '/x/a/y']],
    ['/a/*', ['/a/b', '/a/b/c'], ['/a', '/b/a/c']],
    ['/a/**/c', ['/a/c', '/a/b/c', '/a/b/b/c/d'], ['/a', '/b/a/c']],
    ['/a/**/*', ['/a/b', '/a/b/c'], ['/a']],
    ['/a/**', ['/a', '/a/b'], ['/b/a']],
    ['**', ['/a', '/a/b'], []],
    ['/', ['/a', '/a/b'], []],
    ['**/tmp/**/x', ['/tmp/x', '/a/tmp/b/c/x'], ['/tmp', '/x']],
    ['node_modules/', ['/a/node_modules', '/a/node_modules/b'], ['/a/node_module']],
    ['./a/../b//c/', ['/b/c'], ['/a/b', '/c']],
    ['file-?.txt', ['/file-1.txt', '/file-ä.txt', '/file-😀.txt'], ['/file-.txt', '/file-12.txt']],
    ['[a-c^]x', ['/ax', '/cx', '/^x'], ['/dx', '/x', '/-x']],
    ['[^a-c]x', ['/dx', '/ßx'], ['/ax', '/x']],
    ['[\\]\\-]x', ['/]x', '/-x'], ['/\\x']],
    ['\\*', ['/*'], ['/a', '/\\*']],
    ['/a/**/b/**/*.k', ['/a/b/x.k', '/a/c/b/x.k', '/a/b/c/x.k', '/a/c/b/c/x.k'], ['/a/x.k', '/b/x.k']],
    ['/a/**/**/*', ['/a/b', '/a/b/c'], ['/a']],
    ['**x**y', ['/xy', '/axby'], ['/a/x/b/y']],
    [' space ', ['/ space '], ['/space']],
    ['a\nb*', ['/a\nb\nc'], ['/ab']],
    ['*', ['/a', '/.hidden'], []],
    ['*a*a*a*b', [`/${'a'.repeat(200)}b`], [`/${'a'.repeat(250)}`]],
    ['', [], ['/a']],
    ['..', [], ['/a']],
  ])('"%s" matches whole names, and all below', (pattern, matches, leaves) => {
    expect(matches.filter((path) => !matched(pattern, path))).toEqual([]);
    expect(leaves.filter((path) => matched(pattern, path))).toEqual([]);
  });

  it.each(['[', '[]', '[]a]', '[a', '[a-', '[a-]', '[-a]', '[^]', 'a\\', 'x/[/y', '![', '[z-a]'])(
    'that is malformed is refused: %s',
    (pattern) => {
      expect(() => pathRules([pattern])).toThrow(/malformed/);
    },
  );

  it('knows capital and small letters as one when asked', () => {
    expect(matched('*.TXT', '/a.txt')).toBe(false);
    expect(matched('*.TXT', '/a.tXt', true)).toBe(true);
    expect(matched('/Ärger/[X-Z]', '/ÄRGER/y', true)).toBe(true);
  });
});

describe('a list of patterns', () => {
  it('takes back what a later "!" matches, and not what an earlier one does', () => {
    const list = ['*.log', '!keep.log'];
    expect(matched(list, '/a/x.log')).toBe(true);
    expect(matched(list, '/a/keep.log')).toBe(false);
    expect(matched([...list].reverse(), '/a/keep.log')).toBe(true);
    expect(matched([...list, '/a'], '/a/keep.log')).toBe(true);
  });

  it('selects a few folders of a home, as in the documentation of restic', () => {
    const list = ['/home/u/**/*', '!/home/u/Documents', '!/home/u/code', 'node_modules', '*~'];
    const kept = ['/home/u', '/home/u/Documents', '/home/u/Documents/a/b', '/home/u/code/x'];
    const left = ['/home/u/Downloads', '/home/u/code/node_modules/y', '/home/u/code/x~'];
    expect(kept.filter((path) => matched(list, path))).toEqual([]);
    expect(left.filter((path) => !matched(list, path))).toEqual([]);
  });

  it('gives the same answer in whatever order it is asked', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'A');
    const part = fc.constantFrom('a', 'b', '*', '**', 'a*', '?', '[ab]');
    const pattern = fc
      .tuple(fc.constantFrom('', '/', '!', '!/'), fc.array(part, { minLength: 1, maxLength: 4 }))
      .map(([start, parts]) => start + parts.join('/'));
    const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => `/${names.join('/')}`);
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), fc.array(path, { maxLength: 20 }), (list, paths) => {
        const rules = pathRules(list);
        const together = paths.map((each) => rules.matches(each));
        expect(together).toEqual(paths.map((each) => pathRules(list).matches(each)));
      }),
    );
  });
});

it('matches with signs for any number of items as a regular expression does', () => {
  const signs = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 });
  fc.assert(
    fc.property(signs, fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }), (pattern, items) => {
      const tokens = pattern.map(
        (sign): Token<string> => (sign === '*' ? ANY_NUMBER : (item) => item === sign),
      );
      const expected = new RegExp(`^${pattern.join('').replaceAll('*', '.*')}$`).test(items.join(''));
      expect(wildMatch(tokens, items)).toBe(expected);
    }),
  );
});
