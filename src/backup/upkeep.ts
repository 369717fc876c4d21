/** What forget, prune, undelete and retire have in common: how a device's log is told what its snapshots still need (L1, L4). */

import { VaultError } from '../model/errors.ts';
import type { ChunkLookup, ChunkReader } from '../store/chunk-store.ts';
import { commitLog, type LogWriter, settleLog } from '../vault/commit-log.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { OpenedChunks } from './opened-chunks.ts';
import { Reach } from './reach.ts';
import { recheckPending } from './recheck-pending.ts';

/** Call everything below after `syncLog` with `spread`, in the same process. */
export interface UpkeepOptions extends LogWriter {
  /** Where directories are read from, and who is asked what is there. */
  readonly reader: ChunkReader & ChunkLookup;
  /** Hears how many of the snapshots that matter have been walked. */
  readonly onSnapshots?: (done: number, total: number) => void;
}

/** Ids in one announcement: well below what one may carry. */
const FORGETS_AT_ONCE = 1024;
const SHORT_ID = 8;

/** Number of this device in its books; `undefined` before its first entry. */
export function ownNumber({ state, device }: LogWriter): number | undefined {
  return state.logs.device(device.id)?.no;
}

/**
 * Begins a run that changes the log: nothing of an earlier run is used by it, and what could not be committed then has reached
 * a holder. Only then does what is known as live say what this device's log keeps.
 */
export async function beginUpkeep(options: UpkeepOptions): Promise<void> {
  const { state, device, reader, signal } = options;
  state.chunks.beginRun();
  const log = state.logs.device(device.id);
  if (!log || log.confirmed === log.next) return;
  await recheckPending(state, reader, signal); // a snapshot whose chunks have expired is forgotten as it is passed on
  await settleLog(options);
}

/** Announces that snapshots are forgotten. Returns how many holders took the last entry; 0 when there was nothing to say. */
export async function announceForgets(writer: LogWriter, ids: readonly string[]): Promise<number> {
  let holders = 0;
  for (let at = 0; at < ids.length; at += FORGETS_AT_ONCE) {
    const forgets = ids.slice(at, at + FORGETS_AT_ONCE);
    const result = await commitLog({ ...writer, announcement: { index: [], forgets } });
    holders = result.holders.length;
  }
  return holders;
}

/**
 * Repeats in this device's own log what other logs forgot of the snapshots it keeps. Its log says alone, then, that it may drop their
 * chunks: a holder that lacks the other log, or learns that the other device was retired before it forgot, is never misled.
 */
export async function adoptForgets(writer: LogWriter, kept: Iterable<number>): Promise<void> {
  const own = ownNumber(writer);
  const ids = [...kept].flatMap((no) => writer.state.logs.forgottenByOthers(no, own ?? 0));
  await announceForgets(writer, ids);
}

/**
 * Everything that snapshots need. Throws what reading a directory threw ('unavailable', 'lost', 'corrupt'), and says that nothing
 * was changed: chunks below it are not known, so nothing may be concluded.
 */
export async function reachOf(
  { reader, keys, signal, onSnapshots }: UpkeepOptions,
  records: readonly SnapshotRecord[],
  consequence: string,
): Promise<Reach> {
  const reach = new Reach(new OpenedChunks(reader, keys));
  for (const [done, { id, snapshot }] of records.entries()) {
    onSnapshots?.(done, records.length);
    await reach.add(
      snapshot.root,
      ({ path, error }) => {
        throw new VaultError(
          error.code,
          `${path} of snapshot ${id.slice(0, SHORT_ID)} cannot be read, so ${consequence}: ${error.message}`,
          {
            hint: 'Bring all holders up and try again; "vault check" says what is wrong. If that snapshot is beyond help, forget it first.',
            data: { snapshot: id, path },
            cause: error,
          },
        );
      },
      signal ? { signal } : {},
    );
  }
  onSnapshots?.(records.length, records.length);
  return reach;
}
