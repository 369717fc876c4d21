/** docs/fidelity.md is a promise for each property: on Linux every one has a test, and every test that is named exists. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const rows = readFileSync('docs/fidelity.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| property'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** How each row begins, in order. */
const PROPERTIES = [
  'content',
  'names',
  'paths',
  'holes',
  'mode',
  'owner',
  'modification time',
  'access time',
  'change time',
  'birth time',
  'symbolic links',
  'hard links',
  'empty folders',
  'attributes `user.`',
  'attributes `trusted.`',
  'POSIX ACLs',
  'file flags',
  'pipes',
  'devices',
  'sockets',
  'mount points',
  'a file that changes',
  'a file that vanishes',
  'data that cannot',
];

describe('the table of what comes back', () => {
  it('has a row for every property, each with a cell for every system', () => {
    expect(rows.map(([property = '']) => PROPERTIES.find((name) => property.startsWith(name)))).toEqual(
      PROPERTIES,
    );
    for (const row of rows) expect(row).toHaveLength(4);
  });

  it.each(rows.map(([property = '', linux = '']) => [property, linux]))(
    '%s: names a test for Linux, and all it names exist',
    (_property, linux) => {
      const tests = [...linux.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file);
      expect(tests).not.toEqual([]);
      for (const file of tests) expect([file, existsSync(file)]).toEqual([file, true]);
    },
  );

  it('says of every other system that it was not tried, or is not supported', () => {
    for (const [property, , macos = '', windows] of rows) {
      expect([property, /not tested here|there are none/.test(macos), windows]).toEqual([
        property,
        true,
        'not supported',
      ]);
    }
  });

  it('is linked from the README', () => {
    expect(readFileSync('README.md', 'utf8')).toContain('(docs/fidelity.md)');
  });
});
