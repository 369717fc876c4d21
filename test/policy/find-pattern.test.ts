import { describe, expect, it } from 'vitest';
import { pathTest } from '../../src/policy/find-pattern.ts';

const fits = (pattern: string, path: string, ignoreCase = false): boolean =>
  pathTest(pattern, ignoreCase)(path);

describe('a pattern', () => {
  it.each([
    ['letter.txt', '/home/me/letter.txt'],
    ['*.txt', '/home/.hidden.txt'],
    ['*', '/a/line\nbreak'],
    ['?', '/日'],
    ['[a-c]?', '/b1'],
    ['[!a-c]', '/d'],
    ['[]]', '/]'],
    ['[&~^]', '/~'],
    ['a.b', '/a.b'],
    ['\\*', '/*'],
    ['(x|y)+', '/(x|y)+'],
    ['/home/*/x', '/home/me/x'],
    ['/home/**/x', '/home/x'],
    ['/home/**/x', '/home/a/b/x'],
    ['/home/**', '/home/a/b'],
    ['me/x', '/home/me/x'],
    ['docs/', '/docs'],
  ])('%s fits %j', (pattern, path) => {
    expect(fits(pattern, path)).toBe(true);
  });

  it.each([
    ['letter', '/letter.txt'],
    ['a.b', '/axb'],
    ['me', '/me/x'],
    ['/home/*', '/home/a/b'],
    ['e/x', '/me/x'],
    ['?', '/ab'],
    ['A', '/a'],
    ['/a[!x]b', '/a/b'],
  ])('%s does not fit %j', (pattern, path) => {
    expect(fits(pattern, path)).toBe(false);
  });

  it('may take capital and small letters for the same', () => {
    expect(fits('GRÖSSE*.Jpg', '/größe1.JPG', true)).toBe(false); // ß is a letter of its own
    expect(fits('GRÖßE*.Jpg', '/größe1.JPG', true)).toBe(true);
  });

  it.each(['', '[z-a]'])('is refused when it is none: "%s"', (pattern) => {
    expect(() => pathTest(pattern)).toThrow('pattern');
  });
});
