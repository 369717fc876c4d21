/** What the options of `vault backup` that choose files mean, before a vault is touched. */
import { describe, expect, it } from 'vitest';
import { backup, parseBackup } from '../../cli/commands/backup.ts';
import { parseArguments } from '../../cli/terminal/arguments.ts';
import { expandVariables } from '../../cli/terminal/expand-variables.ts';
import { parseLocalTime } from '../../cli/terminal/local-time.ts';
import { programOutput } from '../../cli/terminal/program-output.ts';
import { pathLines, patternLines, rawPaths } from '../../cli/terminal/text-file.ts';
import { CACHE_MARKER } from '../../src/index.ts';
import { NO_SIGNAL } from './fake-terminal.ts';

const plan = (...words: string[]) => parseBackup(parseArguments(words, backup.options, 'help'));
const texts = (lists: readonly Uint8Array[]) => lists.map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('the options that choose', () => {
  it('say markers, sizes and file systems as restic does', () => {
    const words = [
      '/a',
      '--exclude-caches',
      '--exclude-if-present',
      '.skip',
      '--exclude-if-present=T:a:b',
      '-x',
    ];
    expect(
      plan(...words, '--exclude-larger-than', '2M', '-e', '*.o', '--iexclude', '*.TMP').choice,
    ).toMatchObject({
      excludes: ['*.o'],
      excludesAnyCase: ['*.TMP'],
      excludeIfPresent: [{ name: '.skip', header: '' }, { name: 'T', header: 'a:b' }, CACHE_MARKER],
      excludeLargerThan: 2 * 1024 * 1024,
      oneFileSystem: true,
    });
  });

  it('name a stream instead of paths', () => {
    expect(plan('--stdin').input).toEqual({ filename: 'stdin' });
    expect(plan('--stdin-from-command', '--stdin-filename', 'db.sql', '--', 'dump', '--all').input).toEqual({
      filename: 'db.sql',
      command: ['dump', '--all'],
    });
  });

  it.each([
    [[], 'nothing to back up'],
    [['--stdin', '/a'], 'takes no path'],
    [['--stdin', '--files-from', 'f'], 'takes no list'],
    [['--stdin', '--stdin-from-command', 'x'], 'not both'],
    [['--stdin', '--skip-if-unchanged'], 'never skip'],
    [['--stdin-from-command'], 'needs a command'],
    [['--stdin-filename', 'x', '/a'], 'needs --stdin'],
    [['--files-from', '-', '--files-from-raw', '-'], 'one list only'],
    [['/a', '--exclude-if-present', ':x'], 'name of a file'],
    [['/a', '--exclude-if-present', 'a/b'], 'name of a file'],
    [['/a', '--exclude-larger-than', 'much'], 'is not a size'],
    [['/a', '--time', '2026-02-30 00:00:00'], 'is no time'],
    [['/a', '--time', 'yesterday'], 'is no time'],
  ])('that make no sense together are refused: %j', (words, why) => {
    expect(() => plan(...words)).toThrow(why);
  });
});

describe('a file of patterns', () => {
  it('has one a line, comments, and any of the usual encodings', () => {
    const text = '\ufeff# comment\r\n  *.o \r\n\r\n   \n!a b\n #no\nlast';
    const expected = ['*.o', '!a b', 'last'];
    expect(patternLines(Buffer.from(text))).toEqual(expected);
    expect(patternLines(Buffer.from(text, 'utf16le'))).toEqual(expected);
    expect(patternLines(Buffer.from(text, 'utf16le').swap16())).toEqual(expected);
  });

  it.each([
    ['$HOME/x', '/home/u/x', []],
    [`a\${HOME}b`, 'a/home/ub', []],
    ['$$HOME $', '$HOME $', []],
    ['$HOMER/x', '/x', ['HOMER']],
    [`\${}a\${b`, 'ab', []],
    ['$1$*', '', ['1', '*']],
    ['a$.b$/', 'a$.b$/', []],
  ])('knows variables as Go does: %s', (line, text, unset) => {
    expect(expandVariables(line, { HOME: '/home/u' })).toEqual({ text, unset });
  });
});

describe('a list of paths', () => {
  it('is taken as it is, byte for byte', () => {
    expect(texts(pathLines(Buffer.from('# a \r\n\n \xffb*\n', 'latin1')))).toEqual(['# a ', ' \xffb*']);
    expect(texts(rawPaths(Buffer.from('a\nb\0\xff\0', 'latin1'), 'list'))).toEqual(['a\nb', '\xff']);
    expect(rawPaths(new Uint8Array(0), 'list')).toEqual([]);
  });

  it('that may be cut off, or names nothing, is refused', () => {
    expect(() => rawPaths(Buffer.from('a\0b'), 'list')).toThrow(/cut off/);
    expect(() => rawPaths(Buffer.from('a\0\0'), 'list')).toThrow(/empty path/);
  });
});

describe('the output of a program', () => {
  const read = async (...words: string[]) => {
    const parts: Uint8Array[] = [];
    for await (const part of programOutput(words, NO_SIGNAL)) parts.push(part);
    return Buffer.concat(parts).toString();
  };

  it('is what it prints, without a shell', async () => {
    expect(await read('printf', '%s', 'a $HOME')).toBe('a $HOME');
  });

  it('fails when the program does, however much it printed', async () => {
    await expect(read('sh', '-c', 'echo much; exit 3')).rejects.toThrow('sh ended with exit code 3');
    await expect(read('sh', '-c', 'kill -9 $$')).rejects.toThrow('ended by SIGKILL');
    await expect(read('/nonexistent/program')).rejects.toThrow('cannot run /nonexistent/program');
  });

  it('ends the program that nobody reads from any more', async () => {
    const output = programOutput(['sh', '-c', 'echo $$; exec sleep 1000'], NO_SIGNAL);
    const { value } = await output.next();
    const pid = Number(Buffer.from(value as Uint8Array).toString());
    await output.return(undefined);
    await expect
      .poll(() => {
        try {
          return process.kill(pid, 0);
        } catch {
          return 'gone';
        }
      })
      .toBe('gone');
  });
});

it('reads a time of this machine', () => {
  expect(parseLocalTime('2026-11-01 22:08:41')).toBe(new Date(2026, 10, 1, 22, 8, 41).getTime());
});
