/** Patterns mean what they mean in a .gitignore file at the root of the file system. */
import { describe, expect, it } from 'vitest';
import { pathOfText } from '../../src/backup/byte-path.ts';
import { excludesOf } from '../../src/backup/excludes.ts';

const cases: readonly (readonly [pattern: string, path: string, folder: boolean, excluded: boolean])[] = [
  ['*.o', '/home/u/a.o', false, true],
  ['*.o', '/home/u/a.O', false, false],
  ['node_modules/', '/x/node_modules', true, true],
  ['node_modules/', '/x/node_modules', false, false],
  ['/home/u/cache', '/home/u/cache', true, true],
  ['/home/u/cache', '/other/home/u/cache', true, false],
  ['**/tmp/**', '/a/tmp/b', false, true],
  ['fünf*', '/a/fünfzig', false, true],
  ['# comment', '/# comment', false, false],
  ['x', '/...', false, false],
];

describe('exclude patterns', () => {
  it.each(cases)('%s on %s (folder: %s) excludes: %s', (pattern, path, folder, excluded) => {
    expect(excludesOf([pattern]).matches(pathOfText(path), folder)).toBe(excluded);
  });

  it('take back with "!", and exclude nothing when there are none', () => {
    const excludes = excludesOf(['*.log', '!keep.log']);
    expect(excludes.matches('/a/x.log', false)).toBe(true);
    expect(excludes.matches('/a/keep.log', false)).toBe(false);
    expect(excludesOf([]).matches('/a/x.log', false)).toBe(false);
  });
});
