/** Whose snapshots may be replaced by others that say something else. */
import { VaultError } from '../model/errors.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';

const SHORT_ID = 8;

/**
 * What an append-only device announced is its word alone, and stays apart from what full devices say: a snapshot with a false time would else
 * count in the policy against theirs. `stays` says what of it: "its tags stay". Throws 'denied' when it was named.
 */
export function mayChange(
  { id, scope }: SnapshotRecord,
  {
    named,
    warn,
    stays,
    hint,
  }: {
    readonly named: boolean;
    readonly warn: (message: string) => void;
    readonly stays: string;
    readonly hint: string;
  },
): boolean {
  if (scope === undefined) return true;
  const text = `snapshot ${id.slice(0, SHORT_ID)} is of an append-only device: ${stays} as that device said`;
  if (named) throw new VaultError('denied', text, { hint });
  warn(text);
  return false;
}
