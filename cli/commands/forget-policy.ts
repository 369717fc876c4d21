/** The options that say which snapshots `vault forget` keeps, named and read as restic does. */
import { type ForgetPolicyInput, VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { listed } from './vault-options.ts';

const PERIODS = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const UNITS: Readonly<Record<(typeof PERIODS)[number], string>> = {
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  yearly: 'year',
};
const WITHIN = {
  hourly: 'withinHourly',
  daily: 'withinDaily',
  weekly: 'withinWeekly',
  monthly: 'withinMonthly',
  yearly: 'withinYearly',
} as const;
const SHORTS = { hourly: 'H', daily: 'd', weekly: 'w', monthly: 'm', yearly: 'y' } as const;

export const POLICY_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'keep-last',
    short: 'l',
    value: 'N',
    about: 'keep the newest N ("unlimited" keeps all, also below)',
  },
  ...PERIODS.map(
    (period): OptionSpec => ({
      name: `keep-${period}`,
      short: SHORTS[period],
      value: 'N',
      about: `keep the newest of each of the last N ${UNITS[period]}s that have snapshots`,
    }),
  ),
  {
    name: 'keep-within',
    value: 'DURATION',
    about: 'keep all that are at most this much older than the newest, e.g. 1y5m7d2h',
  },
  ...PERIODS.map(
    (period): OptionSpec => ({
      name: `keep-within-${period}`,
      value: 'DURATION',
      about: `within that time, keep the newest of each ${UNITS[period]}`,
    }),
  ),
  {
    name: 'keep-tag',
    value: 'TAG[,TAG]',
    multiple: true,
    mayBeEmpty: true,
    about: 'keep all that have these tags, all of them; may be repeated',
  },
];

/** "7" or "unlimited". Throws 'usage'. */
function countOf(args: Arguments, name: string): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  if (text === 'unlimited' || text === '-1') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new VaultError('usage', `--${name} takes a number or "unlimited", not "${text}"`);
}

/** Each list that was given; '' is the list of the empty tag, which snapshots without tags have. Throws 'usage'. */
export function tagLists(args: Arguments, name: string): readonly (readonly string[])[] {
  return args.values(name).map((text) => {
    const tags = text === '' ? [''] : listed([text]);
    if (tags.length === 0) throw new VaultError('usage', `--${name} "${text}" names no tag`);
    return tags;
  });
}

/** "2y5m7d3h" as it stands: the library reads it; here a slip is found before a passphrase is asked. Throws 'usage'. */
function spanOf(args: Arguments, name: string): string | undefined {
  const text = args.value(name);
  if (text === undefined || /^(?:\d+[ymdh])+$/.test(text)) return text;
  throw new VaultError('usage', `--${name} takes a duration, not "${text}"`, {
    hint: 'Write it like 2y5m7d3h: years, months, days, hours.',
  });
}

/** Only what was said; `undefined` when nothing was. A count of 0 says nothing. Throws 'usage'. */
export function policyOf(args: Arguments): ForgetPolicyInput | undefined {
  const counts = (['last', ...PERIODS] as const).map((key) => [key, countOf(args, `keep-${key}`)] as const);
  const spans = PERIODS.map((period) => [WITHIN[period], spanOf(args, `keep-within-${period}`)] as const);
  const tags = tagLists(args, 'keep-tag');
  const said = [
    ...counts.filter(([, count]) => count !== 0),
    ['within', spanOf(args, 'keep-within')] as const,
    ...spans,
    ['tags', tags.length === 0 ? undefined : tags] as const,
  ].filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}
