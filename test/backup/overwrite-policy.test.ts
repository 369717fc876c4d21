/** What a restore does where something is: one table. */
import { describe, expect, it } from 'vitest';
import { type Policy, verdictOn, type Wanted } from '../../src/backup/overwrite-policy.ts';
import type { Existing } from '../../src/backup/target-folder.ts';
import { utf8 } from '../../src/model/bytes.ts';

const TIME = { seconds: 1000, nanoseconds: 500 };
const OLDER = { seconds: 999, nanoseconds: 999_999_999 };
const NEWER = { seconds: 1000, nanoseconds: 9000 };

const WANTED: Readonly<Record<string, Wanted>> = {
  file: { type: 'file', mtime: TIME, size: 10 },
  link: { type: 'symlink', mtime: TIME, target: utf8('there') },
  folder: { type: 'directory', mtime: TIME },
  pipe: { type: 'fifo', mtime: TIME },
  device: { type: 'char-device', mtime: TIME, number: { major: 1, minor: 3 } },
};

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: TIME };
const THERE: Readonly<Record<string, Existing | undefined>> = {
  nothing: undefined,
  'the same file': { ...attributes, type: 'file', size: 10 },
  'the same file, to the microsecond': {
    ...attributes,
    type: 'file',
    size: 10,
    mtime: { seconds: 1000, nanoseconds: 0 },
  },
  'a shorter file of the same time': { ...attributes, type: 'file', size: 4 },
  'an older file': { ...attributes, type: 'file', size: 10, mtime: OLDER },
  'a newer file': { ...attributes, type: 'file', size: 10, mtime: NEWER },
  'the same link': { ...attributes, type: 'symlink', size: 5, target: utf8('there') },
  'another link': { ...attributes, type: 'symlink', size: 4, target: utf8('here') },
  'a pipe': { ...attributes, type: 'fifo', size: 0, mtime: NEWER },
  'this device': { ...attributes, type: 'char-device', size: 0, number: { major: 1, minor: 3 } },
  'another device': { ...attributes, type: 'char-device', size: 0, number: { major: 1, minor: 5 } },
  'a folder': { ...attributes, type: 'directory', size: 0 },
};

/** For each: fail, never, if-newer, if-changed, always, resume. "!" stands for: it is in the way. */
const TABLE: Readonly<Record<string, string>> = {
  'file, nothing': 'make make make make make make',
  'file, the same file': '! keep keep same replace same',
  'file, the same file, to the microsecond': '! keep replace same replace same',
  'file, a shorter file of the same time': '! keep keep replace replace replace',
  'file, an older file': '! keep replace replace replace !',
  'file, a newer file': '! keep keep replace replace !',
  'file, another link': '! keep keep replace replace !',
  'file, a pipe': '! keep keep replace replace !',
  'file, a folder': '! keep keep ! ! !',
  'link, the same link': '! keep keep same replace same',
  'link, another link': '! keep keep replace replace replace',
  'link, the same file': '! keep keep replace replace !',
  'pipe, nothing': 'make make make make make make',
  'pipe, a pipe': '! keep keep same replace same',
  'pipe, an older file': '! keep replace replace replace !',
  'device, this device': '! keep keep same replace same',
  'device, another device': '! keep keep replace replace replace',
  'folder, nothing': 'make make make make make make',
  'folder, a folder': '! open open open open open',
  'folder, an older file': '! ! replace replace replace !',
  'folder, a newer file': '! ! ! replace replace !',
  'folder, another link': '! ! ! replace replace !',
};

const POLICIES: readonly Policy[] = ['fail', 'never', 'if-newer', 'if-changed', 'always', 'resume'];

describe('overwriting', () => {
  it.each(Object.entries(TABLE))('a %s: %s', (row, verdicts) => {
    const [wanted = '', ...there] = row.split(', ');
    const found = POLICIES.map((policy) => {
      const verdict = verdictOn(policy, WANTED[wanted] ?? WANTED.file ?? never(), THERE[there.join(', ')]);
      return typeof verdict === 'object' ? '!' : verdict;
    });
    expect(found.join(' ')).toBe(verdicts);
  });

  it('removes a folder where something else belongs only when removing was asked for', () => {
    const verdict = (clears: boolean) =>
      verdictOn('always', WANTED.file ?? never(), THERE['a folder'], clears);
    expect(verdict(true)).toBe('clear');
    expect(verdict(false)).toEqual({ blocked: 'a folder' });
    expect(verdictOn('never', WANTED.file ?? never(), THERE['a folder'], true)).toBe('keep');
  });
});

function never(): never {
  throw new Error('fixture');
}
