/** Which snapshots a command means: one by id, "latest" or "latest~N" among those of a host, tag or path; several by names or by all that fit. */
import { groupSnapshots, newestFirst } from '../policy/retention-policy.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { SnapshotFilter } from './snapshot-filter.ts';
import { findSnapshot, infoOf } from './snapshot-info.ts';
import type { SnapshotInfo, SnapshotsOptions } from './vault-types.ts';

export function fitsFilter({ host, tags, paths }: SnapshotInfo, filter: SnapshotFilter): boolean {
  if (filter.hosts && !filter.hosts.includes(host)) return false;
  if (filter.paths && !filter.paths.every((path) => paths.includes(path))) return false;
  const lists = filter.tags;
  return (
    !lists || lists.some((list) => list.every((tag) => (tag === '' ? tags.length === 0 : tags.includes(tag))))
  );
}

/** `records` oldest first. An id is taken as it is, whatever the filter says, as restic does. Throws 'not-found', 'ambiguous'. */
export function chooseSnapshot(
  records: readonly SnapshotRecord[],
  name: string,
  filter: SnapshotFilter = {},
): SnapshotRecord {
  const byPlace = name.startsWith('latest');
  return findSnapshot(
    byPlace ? records.filter((record) => fitsFilter(infoOf(record), filter)) : records,
    name,
  );
}

/** What `vault snapshots` lists, oldest first. Throws 'not-found', 'ambiguous'. */
export function listedSnapshots(
  records: readonly SnapshotRecord[],
  options: SnapshotsOptions,
): readonly SnapshotInfo[] {
  const chosen = chooseSnapshots(records, options.names, options).map(infoOf);
  const { latest } = options;
  if (latest === undefined) return chosen;
  const newest = groupSnapshots(chosen, ['host', 'paths']).flatMap(({ snapshots }) =>
    snapshots.toSorted(newestFirst).slice(0, latest),
  );
  const listed = new Set(newest);
  return chosen.filter((one) => listed.has(one));
}

/** Each once, oldest first; without names all that fit. Throws 'not-found', 'ambiguous'. */
export function chooseSnapshots(
  records: readonly SnapshotRecord[],
  names: readonly string[] = [],
  filter: SnapshotFilter = {},
): readonly SnapshotRecord[] {
  if (names.length === 0) return records.filter((record) => fitsFilter(infoOf(record), filter));
  const named = new Set(names.map((name) => chooseSnapshot(records, name, filter).id));
  return records.filter(({ id }) => named.has(id));
}
