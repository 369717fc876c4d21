/** Which earlier snapshot a run compares its files with: the newest of this host, of the same paths when there is one. */
import { sameScope } from '../crypto/vault-keys.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';

/** `snapshots` oldest first; `paths` resolved. What was sealed under another scope is another device's word, and not taken over. */
export function chooseParent(
  snapshots: readonly SnapshotRecord[],
  host: string,
  paths: readonly Uint8Array[],
  scope?: Uint8Array,
): SnapshotRecord | undefined {
  const ofHost = snapshots.filter(
    (record) => record.snapshot.host === host && sameScope(record.scope, scope),
  );
  return ofHost.findLast((record) => samePaths(record.snapshot.paths, paths)) ?? ofHost.at(-1);
}

export function samePaths(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((path, i) => bytesEqual(path, b[i] ?? new Uint8Array()));
}
