/** When the run was begun that read the files of a snapshot, whatever those that were made of it say (C3). */
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { VaultState } from '../vault/vault-state.ts';

/** The earliest time among it and those that it was made from; milliseconds since 1970. */
export function begunAt(state: Pick<VaultState, 'snapshots' | 'forgotten'>, record: SnapshotRecord): number {
  let { time, original } = record.snapshot;
  if (original === undefined) return time;
  const all = new Map([...state.snapshots(), ...state.forgotten()].map((each) => [each.id, each.snapshot]));
  for (let left = all.size; original !== undefined && left > 0; left--) {
    const before = all.get(original);
    if (!before) break;
    time = Math.min(time, before.time);
    original = before.original;
  }
  return time;
}
