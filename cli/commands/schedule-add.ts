/** `vault schedule add`: backups that the peer of this machine runs by itself from now on. */
import path from 'node:path';
import {
  parseDuration,
  type ScheduleTiming,
  type ScheduleWish,
  type UnlockWish,
  VaultError,
} from '../../src/index.ts';
import { printAdded } from '../printers/schedules.ts';
import { type Arguments, type CommandSpec, defineCommand, type OptionSpec } from '../terminal/command.ts';
import { passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';
import { POLICY_OPTIONS, policyOf } from './forget-policy.ts';
import { PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';
import { homeOf, listed } from './vault-options.ts';

interface ScheduleAddPlan extends PeerOfPlan {
  readonly wish: Omit<ScheduleWish, 'home'>;
  /** Absent: a key of its own, made with the passphrase that is asked. */
  readonly unlock?: UnlockWish;
}

const DEFAULT_SETTLE = '30s';

export function parseScheduleAdd(args: Arguments): ScheduleAddPlan {
  const paths = args.positionals.map((name) => path.resolve(name));
  if (paths.length === 0) {
    throw new VaultError('usage', 'nothing to back up: name at least one path', {
      hint: 'For example: vault schedule add ~/documents --every 1h',
    });
  }
  const expect = args.value('expect-every');
  return {
    ...parsePeer(args),
    wish: {
      name: args.value('name') ?? nameFrom(paths),
      paths,
      excludes: args.values('exclude'),
      excludeFiles: args.values('exclude-file').map((file) => path.resolve(file)),
      tags: listed(args.values('tag')),
      timing: timingOf(args),
      keep: keepOf(args),
      ...given(args, 'before', 'before'),
      ...given(args, 'after', 'after'),
      ...given(args, 'on-alarm', 'onAlarm'),
      ...(expect === undefined ? {} : { expectMs: parseDuration(expect) }),
      ...given(args, 'limit-upload', 'limitUpload'),
      notOnBattery: args.has('not-on-battery'),
    },
    ...unlockOf(args),
  };
}

function given<K extends string>(args: Arguments, option: string, key: K): { readonly [P in K]?: string } {
  const value = args.value(option);
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: string });
}

/** "/home/me/My photos" -> "My-photos". */
function nameFrom([first = '']: readonly string[]): string {
  const plain = path
    .basename(first)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return plain.slice(0, 64) || 'backup';
}

function timingOf(args: Arguments): ScheduleTiming {
  const every = args.value('every');
  const cron = args.value('cron');
  const settle = args.value('settle');
  if (every === undefined && cron === undefined && !args.has('watch')) {
    throw new VaultError('usage', 'nothing says when', {
      hint: "Say --every 1h, --cron '0 3 * * *' or --watch.",
    });
  }
  if (every !== undefined && cron !== undefined) {
    throw new VaultError('usage', '--every and --cron exclude each other');
  }
  if (settle !== undefined && !args.has('watch')) throw new VaultError('usage', '--settle needs --watch');
  return {
    ...(every === undefined ? {} : { everyMs: parseDuration(every) }),
    ...(cron === undefined ? {} : { cron }),
    timeZone: args.value('time-zone') ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC',
    ...(args.has('watch') ? { settleMs: parseDuration(settle ?? DEFAULT_SETTLE) } : {}),
  };
}

/** As `vault forget` takes them, after they were looked at. */
function keepOf(args: Arguments): readonly string[] {
  if (policyOf(args) === undefined) return [];
  return POLICY_OPTIONS.flatMap(({ name }) => args.values(name).map((value) => `--${name}=${value}`));
}

function unlockOf(args: Arguments): { readonly unlock?: UnlockWish } {
  const file = args.value('password-file');
  const credential = args.value('credential');
  if (file !== undefined && credential !== undefined) {
    throw new VaultError('usage', '--password-file and --credential exclude each other');
  }
  if (file !== undefined) return { unlock: { file: path.resolve(file) } };
  return credential === undefined ? {} : { unlock: { credential } };
}

async function run({ unlock, wish: words, ...plan }: ScheduleAddPlan, session: Session): Promise<number> {
  const schedules = await schedulesOf(session, plan);
  const wish = { ...words, home: homeOf(session) };
  await schedules.check(wish);
  const schedule = await schedules.add(wish, unlock ?? { passphrase: await passphraseOf(session, false) });
  const { peerRuns } = await schedules.report();
  printAdded(session, schedule, peerRuns);
  return 0;
}

const OPTIONS: readonly OptionSpec[] = [
  { name: 'name', value: 'N', about: 'what it is called (default: the last part of the first path)' },
  { name: 'every', value: 'TIME', about: 'from one begin to the next, like 1h or 1d' },
  { name: 'cron', value: 'LINE', about: "five fields of cron, like '0 3 * * *', or @daily" },
  {
    name: 'time-zone',
    value: 'ZONE',
    about: "of the cron line and the limits, like Europe/Berlin (default: this machine's)",
  },
  { name: 'watch', about: 'back up when something has changed; may go with --every or --cron' },
  {
    name: 'settle',
    value: 'TIME',
    about: `with --watch: after so long without a further change (default: ${DEFAULT_SETTLE})`,
  },
  {
    name: 'exclude',
    value: 'GLOB',
    multiple: true,
    about: 'leave out what matches (gitignore patterns); may be repeated',
  },
  {
    name: 'exclude-file',
    value: 'F',
    multiple: true,
    about: 'file with one pattern a line; may be repeated',
  },
  { name: 'tag', value: 'T', multiple: true, about: 'label of the snapshots; may be repeated' },
  ...POLICY_OPTIONS,
  {
    name: 'before',
    value: 'COMMAND',
    about: 'shell command before the backup; when it fails, there is none',
  },
  { name: 'after', value: 'COMMAND', about: 'shell command after the backup, also after one that failed' },
  {
    name: 'limit-upload',
    value: 'LIMIT',
    about: 'bytes per second, also by the time of day: 08:00-18:00=500k',
  },
  { name: 'not-on-battery', about: 'wait until the machine is on mains power (Linux)' },
  { name: 'expect-every', value: 'TIME', about: 'raise an alarm when no backup has come for so long' },
  { name: 'on-alarm', value: 'COMMAND', about: 'shell command of the alarm' },
  {
    name: 'password-file',
    value: 'FILE',
    about: 'unlock with the passphrase in it (default: make a key of its own)',
  },
  { name: 'credential', value: 'NAME', about: 'unlock with this credential of the systemd unit of the peer' },
  PEER_OPTION,
];

export const scheduleAdd: CommandSpec = defineCommand<ScheduleAddPlan>({
  name: 'schedule add',
  summary: 'let the peer of this machine back up by itself',
  usage: 'PATH... --every TIME | --cron LINE | --watch [options]',
  options: OPTIONS,
  details: `
The running "vault-peer" of the same user backs up the paths when it is time. What was missed while the machine was off or asleep is made up
for at once, once. A run that failed is tried again after 5, 10, 20 ... minutes, at most an hour.

Nobody is there to type the passphrase. It is asked now, once, and the schedule gets a key of its own ("vault key list"), whose passphrase nobody knows
and which lies in the peer's folder, in a file that only its user can read. Or name a file of yours; others must not be able to read it.

With a policy (--keep-..., as "vault forget" takes them) old snapshots of this schedule are forgotten and pruned after a backup, at most once an hour.
They carry the tag schedule:NAME; no others are touched.

The commands find VAULT_HOME and VAULT_SCHEDULE, the one after the backup also VAULT_OUTCOME (done, failed, stopped), VAULT_EXIT_CODE and
VAULT_SNAPSHOT, the alarm's VAULT_ALARM in their environment.

  vault schedule add ~/documents --every 1h --keep-hourly 24 --keep-daily 30
  vault schedule add /srv --cron '30 2 * * *' --before 'pg_dumpall > /srv/db.sql' --expect-every 3d --on-alarm 'mail -s "$VAULT_ALARM" me'
  vault schedule add ~/work --watch --exclude node_modules --limit-upload 08:00-18:00=500k --not-on-battery`,
  parse: parseScheduleAdd,
  run,
});
