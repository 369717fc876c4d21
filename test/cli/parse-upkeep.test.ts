/** The words of the upkeep commands, and the plans they become. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { check, parseCheck, parseSubset } from '../../cli/commands/check.ts';
import { deviceRetire, parseDeviceRetire } from '../../cli/commands/device-retire.ts';
import { forget, parseForget } from '../../cli/commands/forget.ts';
import { parsePrune, prune } from '../../cli/commands/prune.ts';
import { parseRepair, repair } from '../../cli/commands/repair.ts';
import { parseStatus, status } from '../../cli/commands/status.ts';
import { parseUndelete, undelete } from '../../cli/commands/undelete.ts';
import { parseArguments } from '../../cli/terminal/arguments.ts';
import type { CommandSpec } from '../../cli/terminal/command.ts';

const words = (command: CommandSpec, ...line: string[]) =>
  parseArguments(
    line.flatMap((text) => text.split(' ')),
    command.options,
    'help',
  );

describe('forget', () => {
  const plan = (...line: string[]) => parseForget(words(forget, ...line));

  it('takes every option of restic, long and short, and groups by host and paths', () => {
    expect(
      plan(
        '--keep-last 1 --keep-hourly 2 --keep-daily 3 --keep-weekly 4 --keep-monthly 5 --keep-yearly unlimited',
        '--keep-within 2y5m7d3h --keep-within-hourly 1d --keep-within-daily 7d --keep-within-weekly 1m',
        '--keep-within-monthly 1y --keep-within-yearly 75y --keep-tag a,b --keep-tag c -n --prune',
      ),
    ).toEqual({
      policy: {
        last: 1,
        hourly: 2,
        daily: 3,
        weekly: 4,
        monthly: 5,
        yearly: Number.POSITIVE_INFINITY,
        within: '2y5m7d3h',
        withinHourly: '1d',
        withinDaily: '7d',
        withinWeekly: '1m',
        withinMonthly: '1y',
        withinYearly: '75y',
        tags: [['a', 'b'], ['c']],
      },
      groupBy: ['host', 'paths'],
      dryRun: true,
      prune: true,
    });
    expect(plan('-l 1 -H 2 -d 3 -w 4 -m 5 --keep-yearly=-1').policy).toEqual(
      plan('-l1 -H2 -d3 -w4 -m5 --keep-yearly unlimited').policy,
    );
  });

  it('looks only at the snapshots that are asked about', () => {
    expect(plan('-l 1 --host a --host b --tag x,y --tag z --path rel --path /b -g tags')).toMatchObject({
      hosts: ['a', 'b'],
      tags: [['x', 'y'], ['z']],
      paths: [path.resolve('rel'), '/b'],
      groupBy: ['tags'],
    });
    expect(parseForget(words(forget, '-l', '1', '--group-by', '')).groupBy).toEqual([]);
  });

  it('reads an empty tag as "without tags", never as "any"', () => {
    expect(parseForget(words(forget, '--keep-tag', '', '-l', '1')).policy?.tags).toEqual([['']]);
    expect(() => plan('--keep-tag ,')).toThrow('names no tag');
  });

  it('takes named snapshots alone', () => {
    expect(plan('3f2a 9c01 --prune')).toEqual({ snapshots: ['3f2a', '9c01'], dryRun: false, prune: true });
  });

  it.each([
    ['', 'an empty policy would forget everything'],
    ['--prune -n', 'an empty policy would forget everything'],
    ['--host a', 'an empty policy would forget everything'],
    ['--keep-last 0 --keep-daily 0', 'an empty policy would forget everything'],
    ['--keep-last many', '--keep-last takes a number or "unlimited", not "many"'],
    ['--keep-daily -2', 'looks like an option'],
    ['--keep-daily=-2', '--keep-daily takes a number'],
    ['--keep-within 3', '--keep-within takes a duration'],
    ['--keep-within-daily 3weeks', '--keep-within-daily takes a duration'],
    ['-l 1 --group-by owner', '--group-by takes host, paths and tags, not "owner"'],
    ['3f2a --keep-last 3', 'leave out --keep-last'],
    ['3f2a --host a', 'leave out --host'],
  ])('refuses "%s"', (line, reason) => {
    expect(() => parseForget(words(forget, ...line.split(' ').filter(Boolean)))).toThrow(reason);
  });
});

describe('check', () => {
  it.each([
    ['5%', { percent: 5 }],
    ['0.5%', { percent: 0.5 }],
    ['2/7', { part: 2, of: 7 }],
    ['500M', { bytes: 500 * 2 ** 20 }],
    ['1.5GiB', { bytes: 1.5 * 2 ** 30 }],
  ])('reads a subset of %s', (text, subset) => {
    expect(parseSubset(text)).toEqual(subset);
  });

  it.each(['0%', '101%', '0/7', '8/7', '1/257', '0', 'x', '5 %', '1/', '-3'])(
    'refuses a subset of %s',
    (text) => {
      expect(() => parseSubset(text)).toThrow();
    },
  );

  it('reads no data unless asked, and of named snapshots only theirs', () => {
    expect(parseCheck(words(check, 'latest 3f2a'))).toEqual({
      snapshots: ['latest', '3f2a'],
      readData: false,
    });
    expect(parseCheck(words(check, '--read-data-subset 2/7')).subset).toEqual({ part: 2, of: 7 });
    expect(() => parseCheck(words(check, '--read-data --read-data-subset 5%'))).toThrow('exclude each other');
  });
});

describe('the other upkeep commands', () => {
  it('take peers as lists and repeated', () => {
    expect(parseStatus(words(status, '--what-if a,b --what-if c'))).toEqual({ whatIf: ['a', 'b', 'c'] });
    expect(parseRepair(words(repair, '--lost a --lost b,c'))).toEqual({ lost: ['a', 'b', 'c'] });
    expect(parsePrune(words(prune, '-n'))).toEqual({ dryRun: true });
  });

  it('bring back what is named, or all, or only list', () => {
    const off = { snapshots: [], all: false, list: false, dryRun: false };
    expect(parseUndelete(words(undelete, 'a b'))).toEqual({ ...off, snapshots: ['a', 'b'] });
    expect(parseUndelete(words(undelete, '--all -n'))).toEqual({ ...off, all: true, dryRun: true });
    expect(parseUndelete(words(undelete, '--list'))).toEqual({ ...off, list: true });
    for (const line of ['a --all', 'a --list', '--list --all', '-n']) {
      expect(() => parseUndelete(words(undelete, line))).toThrow();
    }
  });

  it('retire one device', () => {
    expect(parseDeviceRetire(words(deviceRetire, 'laptop'))).toEqual({ device: 'laptop' });
    expect(() => parseDeviceRetire(words(deviceRetire, 'a b'))).toThrow('one device at a time');
    expect(() => parseDeviceRetire(parseArguments([], deviceRetire.options, 'help'))).toThrow(
      'name the device',
    );
  });
});
