/** Forgets snapshots by restic's policy or by name (L4): one entry of this device's log says so, whichever device made them. */
import { announceForgets, beginUpkeep } from '../backup/upkeep.ts';
import { toHex } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { parseSpan } from '../policy/calendar-span.ts';
import type { ForgetPolicy, KeepCount } from '../policy/forget-clauses.ts';
import { planForget } from '../policy/retention-policy.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { fitsFilter } from './choose-snapshots.ts';
import { pruneVault } from './prune-vault.ts';
import { findSnapshot, infoOf } from './snapshot-info.ts';
import type { ForgetGroup, ForgetOptions, ForgetPolicyInput, ForgetReport } from './upkeep-types.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'usage', 'not-found', 'ambiguous', 'too-few-peers', 'denied', and what a prune throws. */
export async function forgetVault(work: VaultWork, options: ForgetOptions): Promise<ForgetReport> {
  const { dryRun = false } = options;
  if ((options.policy === undefined) === (options.snapshots === undefined)) {
    throw new VaultError('usage', 'say either what to keep or which snapshots to forget');
  }
  const upkeep = await syncForUpkeep(work);
  const groups = options.snapshots ? named(work, options.snapshots) : byPolicy(work, options);
  const ids = groups.flatMap(({ remove }) => remove.map(({ id }) => id));
  if (dryRun || ids.length === 0 || !upkeep) return { groups, removed: 0, dryRun };
  await beginUpkeep(upkeep);
  await announceForgets(upkeep, ids);
  const report = { groups, removed: ids.length, dryRun };
  return options.prune === true ? { ...report, prune: await pruneVault(work, {}) } : report;
}

function named({ state }: VaultWork, names: readonly string[]): readonly ForgetGroup[] {
  const records = state.snapshots();
  const found = new Map(
    names.map((name) => findSnapshot(records, name)).map((record) => [record.id, record]),
  );
  return [{ key: {}, keep: [], remove: [...found.values()].map(infoOf) }];
}

function byPolicy({ state, surroundings }: VaultWork, options: ForgetOptions): readonly ForgetGroup[] {
  const when = { nowMs: surroundings.clock.now(), timeZone: surroundings.timeZone() };
  const policy = policyOf(options.policy ?? {});
  const parts = byScope(state.snapshots()).map((records) =>
    records.map(infoOf).filter((info) => fitsFilter(info, options)),
  );
  return parts.flatMap((snapshots) => planForget(snapshots, policy, options.groupBy, when));
}

/**
 * What append-only devices announce is their word alone, names and times too: it is never counted against the snapshots of others. Else a
 * stolen one could have them forgotten, by snapshots of its own that look newer. Always one part at least.
 */
function byScope(records: readonly SnapshotRecord[]): readonly (readonly SnapshotRecord[])[] {
  const parts = new Map<string, SnapshotRecord[]>([['', []]]);
  for (const record of records) {
    const scope = record.scope ? toHex(record.scope) : '';
    parts.set(scope, [...(parts.get(scope) ?? []), record]);
  }
  return [...parts.values()];
}

/** Throws 'usage' for a duration that is none. */
function policyOf(input: ForgetPolicyInput): ForgetPolicy {
  const count = (value: number | undefined): KeepCount | undefined =>
    value === Number.POSITIVE_INFINITY ? 'unlimited' : value;
  const span = (text: string | undefined) => (text === undefined ? undefined : parseSpan(text));
  const said = {
    last: count(input.last),
    hourly: count(input.hourly),
    daily: count(input.daily),
    weekly: count(input.weekly),
    monthly: count(input.monthly),
    yearly: count(input.yearly),
    within: span(input.within),
    withinHourly: span(input.withinHourly),
    withinDaily: span(input.withinDaily),
    withinWeekly: span(input.withinWeekly),
    withinMonthly: span(input.withinMonthly),
    withinYearly: span(input.withinYearly),
    tags: input.tags,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
