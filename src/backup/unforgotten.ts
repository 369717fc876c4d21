/** Gives a snapshot an id that no device has forgotten: one of such an id would count as forgotten, too (L4). */
import { encodeSnapshot, type Snapshot, snapshotId } from '../format/snapshot.ts';

/** When the same was there once and is forgotten, this one brings it back under another id, and names that one as its original. */
export function unforgotten(
  snapshot: Snapshot,
  forgotten: ReadonlySet<string>,
): { readonly snapshot: Snapshot; readonly id: string } {
  let named = snapshot;
  let id = snapshotId(encodeSnapshot(named));
  while (forgotten.has(id)) {
    named = { ...named, original: id };
    id = snapshotId(encodeSnapshot(named));
  }
  return { snapshot: named, id };
}
