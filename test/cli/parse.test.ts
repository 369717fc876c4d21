import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { backup, parseBackup } from '../../cli/commands/backup.ts';
import { init, parseInit } from '../../cli/commands/init.ts';
import { ls, parseLs } from '../../cli/commands/ls.ts';
import { parseRestore, restore } from '../../cli/commands/restore.ts';
import { parseSnapshots, snapshots } from '../../cli/commands/snapshots.ts';
import { parseArguments } from '../../cli/terminal/arguments.ts';
import type { CommandSpec } from '../../cli/terminal/command.ts';
import { LIMIT_OPTIONS, limitsOf } from '../../cli/terminal/limits.ts';
import { suggest } from '../../cli/terminal/suggest.ts';

const words = (command: CommandSpec, text: string) =>
  parseArguments(text.split(' '), command.options, 'help');

describe('limits', () => {
  const limits = (...words: string[]) => limitsOf(parseArguments(words, LIMIT_OPTIONS, 'vault help'));

  it('count KiB as restic does, or have a unit; none, or 0, is no limit', () => {
    expect(limits()).toBeUndefined();
    expect(limits('--limit-upload', '0')).toBeUndefined();
    expect(limits('--limit-upload', '500', '--limit-download', '5M')).toEqual({
      upload: { spans: [], elseBytesPerSecond: 500 * 1024 },
      download: { spans: [], elseBytesPerSecond: 5 * 2 ** 20 },
    });
    expect(limits('--limit-upload', '08:00-18:00=500k,2M')?.upload).toEqual({
      spans: [{ fromMinute: 480, toMinute: 1080, bytesPerSecond: 500 * 1024 }],
      elseBytesPerSecond: 2 * 2 ** 20,
    });
  });

  it.each(['fast', '31', '1e3', '-5'])('refuse %s', (text) => {
    expect(() => limits(`--limit-upload=${text}`)).toThrow();
  });
});

describe('parsing', () => {
  it('makes one typed plan of a backup', () => {
    expect(
      parseBackup(
        words(
          backup,
          'a /b --exclude *.tmp --exclude !x --tag t1,t2 --tag t3 --host h --spread relay -n --compression max',
        ),
      ),
    ).toEqual({
      input: { paths: [path.resolve('a'), '/b'], filesFrom: [], filesFromVerbatim: [], filesFromRaw: [] },
      choice: {
        excludes: ['*.tmp', '!x'],
        excludesAnyCase: [],
        excludeFiles: [],
        excludeFilesAnyCase: [],
        excludeIfPresent: [],
        oneFileSystem: false,
      },
      tags: ['t1', 't2', 't3'],
      host: 'h',
      spread: 'relay',
      force: false,
      skipIfUnchanged: false,
      dryRun: true,
      compression: 'max',
    });
    expect(parseBackup(words(backup, 'a')).spread).toBe('auto');
    expect(() => parseBackup(words(backup, 'a --spread twice'))).toThrow(/auto, relay, direct/);
    expect(parseBackup(words(backup, 'a')).compression).toBe('auto');
    expect(() => parseBackup(words(backup, 'a --compression much'))).toThrow(/auto, off, fast, better, max/);
  });

  it('splits SNAPSHOT:PATH at the first colon', () => {
    const plan = (text: string) => parseRestore(words(restore, `${text} --target /t`));
    expect(plan('latest')).toMatchObject({ snapshot: 'latest', target: '/t', overwrite: 'fail' });
    expect(plan('latest')).not.toHaveProperty('path');
    expect(plan('latest:/a:b')).toMatchObject({ snapshot: 'latest', path: '/a:b' });
    expect(plan('3f2a:')).toMatchObject({ snapshot: '3f2a', target: '/t', overwrite: 'fail' });
    expect(plan('3f2a:')).not.toHaveProperty('path');
  });

  it('restores the latest of a host, tag or path', () => {
    const plan = parseRestore(words(restore, 'latest~1 --host h --tag a,b --path /p --target /t'));
    expect(plan).toMatchObject({ snapshot: 'latest~1', hosts: ['h'], tags: [['a', 'b']], paths: ['/p'] });
    const files = parseRestore(
      words(restore, 'latest --target / --delete --overwrite always --iexclude-file f'),
    );
    expect(files).toMatchObject({ iexcludeFiles: ['f'], iincludeFiles: [] });
  });

  it('lists snapshots as it is asked to', () => {
    const plan = (text: string) => parseSnapshots(words(snapshots, text));
    expect(plan('-c')).toEqual({ names: [], compact: true, groupBy: [] });
    expect(plan('latest')).toEqual({ names: ['latest'], compact: false, groupBy: [] });
    expect(plan('3f -c --latest 2 -g host,tags --host h')).toEqual({
      names: ['3f'],
      latest: 2,
      compact: true,
      groupBy: ['host', 'tags'],
      hosts: ['h'],
    });
    expect(() => plan('--latest 0')).toThrow('--latest takes how many');
    expect(() => plan('-g colour')).toThrow('--group-by takes host, paths and tags');
  });

  it('takes values that begin with a dash when they are attached', () => {
    expect(parseBackup(words(backup, 'a --exclude=-x')).choice.excludes).toEqual(['-x']);
    expect(parseBackup(words(backup, '-- -a')).input).toMatchObject({ paths: [path.resolve('-a')] });
  });

  it('asks for three copies unless told otherwise (P2)', () => {
    expect(parseInit(words(init, '--ticket t')).copies).toBe(3);
    expect(parseInit(words(init, '--ticket t --copies 2')).copies).toBe(2);
  });

  it('lists a whole snapshot or one path of it', () => {
    expect(parseLs(words(ls, 'latest'))).toEqual({ snapshot: 'latest', recursive: true });
    expect(parseLs(words(ls, 'latest /a'))).toEqual({ snapshot: 'latest', path: '/a', recursive: false });
  });

  it.each([
    ['tga', 'tag'],
    ['exlude', 'exclude'],
    ['dryrun', 'dry-run'],
    ['zzz', undefined],
  ])('suggests for %s: %s', (word, expected) => {
    expect(suggest(word, ['tag', 'exclude', 'dry-run', 'host'])).toBe(expected);
  });
});
