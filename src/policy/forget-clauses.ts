/** The clauses of a forget policy, restic's rules one by one: each looks at the snapshots newest first and says why it keeps one. */
import { VaultError } from '../model/errors.ts';
import { formatDuration } from '../model/units.ts';
import { type Calendar, type CalendarSpan, spanText } from './calendar-span.ts';

/** What of a snapshot the policy looks at. */
export interface ForgetSnapshot {
  readonly id: string;
  readonly timeMs: number;
  readonly host: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
}

/** How many to keep: a whole number, 0 for none, or all of them. */
export type KeepCount = number | 'unlimited';
/** How far back from the newest snapshot: by the calendar, or in milliseconds. */
type KeepSpan = number | CalendarSpan;

/** A snapshot is kept when any of these keeps it. */
export interface ForgetPolicy {
  readonly last?: KeepCount;
  readonly hourly?: KeepCount;
  readonly daily?: KeepCount;
  readonly weekly?: KeepCount;
  readonly monthly?: KeepCount;
  readonly yearly?: KeepCount;
  readonly within?: KeepSpan;
  readonly withinHourly?: KeepSpan;
  readonly withinDaily?: KeepSpan;
  readonly withinWeekly?: KeepSpan;
  readonly withinMonthly?: KeepSpan;
  readonly withinYearly?: KeepSpan;
  /** Any of these lists; of a list every tag. The empty tag stands for snapshots without tags. */
  readonly tags?: readonly (readonly string[])[];
}

type Period = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

const PERIODS: readonly Period[] = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];
const WITHIN = {
  hourly: 'withinHourly',
  daily: 'withinDaily',
  weekly: 'withinWeekly',
  monthly: 'withinMonthly',
  yearly: 'withinYearly',
} as const satisfies Record<Period, keyof ForgetPolicy>;
const DAY_MS = 86_400_000;

/** "2026-W01": the ISO week, which belongs to the year in which its Thursday lies. */
function isoWeek(year: number, month: number, day: number): string {
  const dayMs = new Date(0).setUTCFullYear(year, month - 1, day);
  const thursday = new Date(dayMs + (4 - (new Date(dayMs).getUTCDay() || 7)) * DAY_MS);
  const firstMs = new Date(0).setUTCFullYear(thursday.getUTCFullYear(), 0, 1);
  return `${thursday.getUTCFullYear()}-W${Math.floor((thursday.getTime() - firstMs) / DAY_MS / 7) + 1}`;
}

/** Name of the hour, day ... that an instant lies in. */
function periodName(calendar: Calendar, period: Period, timeMs: number): string {
  const { year, month, day, hour } = calendar.fields(timeMs);
  switch (period) {
    case 'hourly':
      return `${year}-${month}-${day} ${hour}`;
    case 'daily':
      return `${year}-${month}-${day}`;
    case 'weekly':
      return isoWeek(year, month, day);
    case 'monthly':
      return `${year}-${month}`;
    case 'yearly':
      return `${year}`;
  }
}

/** One clause of a policy: looks at the snapshots newest first and says why it keeps one, or `undefined`. */
export type Clause = (
  snapshot: ForgetSnapshot,
  place: { readonly index: number; readonly oldest: boolean },
) => string | undefined;

/** Keeps the newest of each of `count` periods. While some are left, the oldest snapshot of all is kept too. */
function countClause(
  count: KeepCount,
  reason: string,
  nameOf: (snapshot: ForgetSnapshot, index: number) => string,
): Clause {
  let left = count === 'unlimited' ? Number.POSITIVE_INFINITY : count;
  let previous: string | undefined;
  return (snapshot, { index, oldest }) => {
    if (left <= 0) return undefined;
    const name = nameOf(snapshot, index);
    const first = name !== previous;
    if (!first && !oldest) return undefined;
    previous = name;
    left--;
    return first ? reason : `oldest ${reason}`;
  };
}

/** How far back from `newestMs` a span reaches, and its text; `undefined` when it is not set. */
function cutoff(
  span: KeepSpan | undefined,
  newestMs: number | undefined,
  calendar: Calendar,
): { readonly afterMs: number; readonly text: string } | undefined {
  if (span === undefined) return undefined;
  const text = typeof span === 'number' ? formatDuration(span) : spanText(span);
  if (span === 0 || text === '') return undefined;
  // All snapshots lie in the future: restic keeps them, as they are newer than anything.
  if (newestMs === undefined) return { afterMs: Number.NEGATIVE_INFINITY, text };
  return { afterMs: typeof span === 'number' ? newestMs - span : calendar.before(newestMs, span), text };
}

function tagsClause(tags: readonly string[]): Clause {
  const reason = `has tags [${tags.join(', ')}]`;
  return (snapshot) => {
    for (const tag of tags) {
      if (tag === '' && snapshot.tags.length === 0) return reason;
      if (!snapshot.tags.includes(tag)) return undefined;
    }
    return reason;
  };
}

function checkPolicy(policy: ForgetPolicy): void {
  for (const value of Object.values(policy)) {
    const count = typeof value === 'object' ? Object.values(value) : [value];
    if (Array.isArray(value) || value === 'unlimited' || value === undefined) continue;
    if (!count.every((number) => Number.isSafeInteger(number) && number >= 0)) {
      throw new VaultError('usage', 'a forget policy takes whole numbers and spans of time only');
    }
  }
}

/**
 * The clauses that a policy sets, in the order in which restic names reasons. Throws 'usage' for a policy that sets none: it would
 * keep nothing. `newestMs` is where "within" counts back from.
 */
export function clausesOf(policy: ForgetPolicy, newestMs: number | undefined, calendar: Calendar): Clause[] {
  checkPolicy(policy);
  const clauses: Clause[] = (policy.tags ?? []).filter((tags) => tags.length > 0).map(tagsClause);
  const within = cutoff(policy.within, newestMs, calendar);
  if (within) {
    clauses.push(({ timeMs }) => (timeMs > within.afterMs ? `within ${within.text}` : undefined));
  }
  if (policy.last) clauses.push(countClause(policy.last, 'last snapshot', (_snapshot, index) => `${index}`));
  for (const period of PERIODS) {
    const count = policy[period];
    if (!count) continue;
    clauses.push(
      countClause(count, `${period} snapshot`, ({ timeMs }) => periodName(calendar, period, timeMs)),
    );
  }
  for (const period of PERIODS) {
    const span = cutoff(policy[WITHIN[period]], newestMs, calendar);
    if (!span) continue;
    const newestOfEach = countClause('unlimited', `${period} within ${span.text}`, ({ timeMs }) =>
      periodName(calendar, period, timeMs),
    );
    clauses.push((snapshot, place) =>
      snapshot.timeMs > span.afterMs ? newestOfEach(snapshot, place) : undefined,
    );
  }
  if (clauses.length > 0) return clauses;
  throw new VaultError('usage', 'this policy keeps nothing', {
    hint: 'Say what to keep, for example --keep-daily 7 --keep-monthly 12.',
  });
}
