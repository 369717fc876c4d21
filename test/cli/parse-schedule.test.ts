import { describe, expect, it } from 'vitest';
import { parseScheduleAdd, scheduleAdd } from '../../cli/commands/schedule-add.ts';
import { parseArguments } from '../../cli/terminal/arguments.ts';

const parse = (...words: string[]) => parseScheduleAdd(parseArguments(words, scheduleAdd.options, 'help'));

describe('vault schedule add', () => {
  it('becomes a wish: absolute paths, a name from the first, options of forget as they are passed on', () => {
    const plan = parse(
      '/home/me/My photos',
      '/srv',
      ...'--every 90min --exclude *.o --tag a,b --keep-daily 7 --keep-tag= --limit-upload 32k --expect-every 3d'.split(
        ' ',
      ),
      ...'--not-on-battery --before b --after a --on-alarm c --time-zone Europe/Berlin --peer /p'.split(' '),
    );
    expect(plan).toEqual({
      peer: '/p',
      wish: {
        name: 'My-photos',
        paths: ['/home/me/My photos', '/srv'],
        excludes: ['*.o'],
        excludeFiles: [],
        tags: ['a', 'b'],
        timing: { everyMs: 5_400_000, timeZone: 'Europe/Berlin' },
        keep: ['--keep-daily=7', '--keep-tag='],
        before: 'b',
        after: 'a',
        onAlarm: 'c',
        expectMs: 259_200_000,
        limitUpload: '32k',
        notOnBattery: true,
      },
    });
  });

  it('watches, alone or beside a clock', () => {
    expect(parse('/a', '--watch').wish.timing).toMatchObject({ settleMs: 30_000 });
    const both = parse('/a', '--watch', '--settle', '5s', '--cron', '@daily').wish.timing;
    expect(both).toMatchObject({ settleMs: 5000, cron: '@daily' });
  });

  it('takes its secret from a file or a credential, else makes one of its own', () => {
    expect(parse('/a', '--watch')).not.toHaveProperty('unlock');
    expect(parse('/a', '--watch', '--password-file', '/f').unlock).toEqual({ file: '/f' });
    expect(parse('/a', '--watch', '--credential', 'c').unlock).toEqual({ credential: 'c' });
  });

  it.each([
    ['', 'nothing to back up'],
    ['/a', 'nothing says when'],
    ['/a --every 1h --cron @daily', 'exclude each other'],
    ['/a --every 5', 'not a duration'],
    ['/a --every 1h --settle 5s', '--settle needs --watch'],
    ['/a --watch --password-file f --credential c', 'exclude each other'],
    ['/a --watch --keep-daily many', 'number or "unlimited"'],
  ])('is refused: %j', (line, why) => {
    expect(() => parse(...line.split(' ').filter(Boolean))).toThrow(why);
  });
});
