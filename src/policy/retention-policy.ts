/**
 * Which snapshots a policy keeps, and why: restic's `forget`, rule for rule (its documentation, "Removing snapshots according to a
 * policy"), so that whoever knows one knows the other. Pure: the time zone and the present are given.
 */
import { VaultError } from '../model/errors.ts';
import { type Calendar, calendarOf } from './calendar-span.ts';
import { clausesOf, type ForgetPolicy, type ForgetSnapshot } from './forget-clauses.ts';

export type GroupBy = 'host' | 'paths' | 'tags';

const DEFAULT_GROUP_BY: readonly GroupBy[] = ['host', 'paths'];

export interface ForgetOptions {
  /** IANA name; hours, days and months begin in it. UTC unless said. */
  readonly timeZone?: string;
  /** "Within" counts back from the newest snapshot that is not in the future; without it from the newest. */
  readonly nowMs?: number;
  /** Allows a policy that keeps nothing of some group. */
  readonly allowRemoveAll?: boolean;
}

export interface ForgetGroup<S extends ForgetSnapshot = ForgetSnapshot> {
  /** What all snapshots of the group share; only the fields that were grouped by. */
  readonly key: {
    readonly host?: string;
    readonly paths?: readonly string[];
    readonly tags?: readonly string[];
  };
  /** Newest first. */
  readonly keep: readonly { readonly snapshot: S; readonly reasons: readonly string[] }[];
  readonly remove: readonly S[];
}

type GroupKey = ForgetGroup['key'];

function keyOfGroup(snapshot: ForgetSnapshot, groupBy: readonly GroupBy[]): GroupKey {
  return {
    ...(groupBy.includes('host') ? { host: snapshot.host } : {}),
    ...(groupBy.includes('paths') ? { paths: snapshot.paths.toSorted() } : {}),
    ...(groupBy.includes('tags') ? { tags: snapshot.tags.toSorted() } : {}),
  };
}

/** The groups that the policy is applied to one by one, in a fixed order. */
export function groupSnapshots<S extends ForgetSnapshot>(
  snapshots: readonly S[],
  groupBy: readonly GroupBy[],
): { readonly key: GroupKey; readonly snapshots: S[] }[] {
  const groups = new Map<string, { readonly key: GroupKey; readonly snapshots: S[] }>();
  for (const snapshot of snapshots) {
    const key = keyOfGroup(snapshot, groupBy);
    const text = JSON.stringify(key);
    const group = groups.get(text);
    if (group) group.snapshots.push(snapshot);
    else groups.set(text, { key, snapshots: [snapshot] });
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

export function newestFirst(a: ForgetSnapshot, b: ForgetSnapshot): number {
  if (a.timeMs !== b.timeMs) return b.timeMs - a.timeMs;
  return a.id < b.id ? -1 : 1;
}

function applyPolicy<S extends ForgetSnapshot>(
  key: GroupKey,
  snapshots: readonly S[],
  policy: ForgetPolicy,
  calendar: Calendar,
  nowMs: number,
): ForgetGroup<S> {
  const sorted = [...snapshots].sort(newestFirst);
  const newest = sorted.find((snapshot) => snapshot.timeMs < nowMs);
  const clauses = clausesOf(policy, newest?.timeMs, calendar);
  const keep: { readonly snapshot: S; readonly reasons: readonly string[] }[] = [];
  const remove: S[] = [];
  for (const [index, snapshot] of sorted.entries()) {
    const place = { index, oldest: index === sorted.length - 1 };
    const reasons = clauses.map((clause) => clause(snapshot, place)).filter((reason) => reason !== undefined);
    if (reasons.length > 0) keep.push({ snapshot, reasons });
    else remove.push(snapshot);
  }
  return { key, keep, remove };
}

/**
 * What the policy keeps and removes, group by group. Throws 'usage' for a policy that says nothing, or that keeps nothing of some
 * group (as restic does) unless `allowRemoveAll`. An empty `groupBy` makes one group of all.
 */
export function planForget<S extends ForgetSnapshot>(
  snapshots: readonly S[],
  policy: ForgetPolicy,
  groupBy: readonly GroupBy[] = DEFAULT_GROUP_BY,
  options: ForgetOptions = {},
): ForgetGroup<S>[] {
  const calendar = calendarOf(options.timeZone ?? 'UTC');
  const nowMs = options.nowMs ?? Number.POSITIVE_INFINITY;
  clausesOf(policy, undefined, calendar); // refuses an empty policy, also where there is nothing to forget
  const plan = groupSnapshots(snapshots, groupBy).map((group) =>
    applyPolicy(group.key, group.snapshots, policy, calendar, nowMs),
  );
  const emptied = plan.find((group) => group.keep.length === 0);
  if (emptied && options.allowRemoveAll !== true) {
    throw new VaultError('usage', `this policy would keep none of the snapshots of ${keyText(emptied.key)}`, {
      hint: 'Keep at least the last one (--keep-last 1), or name the snapshots to forget.',
    });
  }
  return plan;
}

function keyText(key: GroupKey): string {
  const parts = [
    ...(key.host === undefined ? [] : [`host ${key.host}`]),
    ...(key.paths === undefined ? [] : [`paths ${key.paths.join(', ')}`]),
    ...(key.tags === undefined ? [] : [`tags ${key.tags.join(', ') || '(none)'}`]),
  ];
  return parts.join('; ') || 'this vault';
}
