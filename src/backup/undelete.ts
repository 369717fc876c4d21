/** Brings forgotten snapshots back: their chunks are added again, which takes them out of the holders' trash (L4). */
import { packRefs } from '../format/blob-ref.ts';
import { encodeSnapshot, type Snapshot, snapshotId } from '../format/snapshot.ts';
import { toHex } from '../model/bytes.ts';
import type { Digest } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { commitLog, requireActive } from '../vault/commit-log.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { OpenedChunks } from './opened-chunks.ts';
import { Reach } from './reach.ts';
import { announceForgets, beginUpkeep, type UpkeepOptions } from './upkeep.ts';

/** Like `has` of a ChunkLookup, but what lies in the trash counts. */
export type TrashLookup = (digests: readonly Digest[], options: WaitOptions) => Promise<readonly boolean[]>;

export interface UndeleteOptions extends UpkeepOptions {
  readonly isThere: TrashLookup;
  /** Forgotten snapshots, of `forgottenSnapshots`. */
  readonly records: readonly SnapshotRecord[];
  /** Only looks what could come back. */
  readonly dryRun?: boolean;
}

export interface Undeleted {
  readonly record: SnapshotRecord;
  /** Of the snapshot that is back. */
  readonly id: string | undefined;
  /** Chunks that no holder has any more. */
  readonly chunksMissing: number;
  /** False when a directory could not be read, so that more may be missing. */
  readonly complete: boolean;
}

const ASKED_AT_ONCE = 4096;

/**
 * Forgotten snapshots, oldest first, that did not come back yet; one that came back and was forgotten again is there once. One that has less
 * in it (`vault rewrite`) is not what it was made from: that one can still come back.
 */
export function forgottenSnapshots(state: VaultState): SnapshotRecord[] {
  const forgotten = state.forgotten();
  const all = [...state.snapshots(), ...forgotten];
  const broughtBack = new Set(all.map(({ snapshot }) => contentKey(snapshot.original, snapshot)));
  return forgotten.filter(({ id, snapshot }) => !broughtBack.has(contentKey(id, snapshot)));
}

function contentKey(id: string | undefined, { root }: Snapshot): string {
  return `${id} ${toHex(packRefs(root))}`;
}

/** Each snapshot is a commit of its own. Throws 'too-few-peers', 'denied', 'unavailable' when nobody answers. */
export async function runUndelete(options: UndeleteOptions): Promise<Undeleted[]> {
  requireActive(options.state, options.device);
  if (!options.dryRun) await beginUpkeep(options);
  const done: Undeleted[] = [];
  for (const record of options.records) done.push(await undeleteOne(options, record));
  return done;
}

async function undeleteOne(options: UndeleteOptions, record: SnapshotRecord): Promise<Undeleted> {
  const { state, reader, keys, signal } = options;
  const reach = new Reach(new OpenedChunks(reader, keys));
  let complete = true;
  await reach.add(record.snapshot.root, () => (complete = false), signal ? { signal } : {});
  const chunksMissing = await countMissing(options, reach);
  const left = { record, id: undefined, chunksMissing, complete };
  if (options.dryRun || !complete || chunksMissing > 0) return left;
  state.chunks.beginRun();
  for (let number = 0; number < reach.chunks.size; number++) {
    if (!state.chunks.takeOver(reach.chunks.at(number))) return { ...left, chunksMissing: 1 };
  }
  const snapshot = { ...record.snapshot, device: options.device.id, original: record.id };
  await commitLog({ ...options, announcement: { snapshot, index: [], forgets: [] } });
  const id = snapshotId(encodeSnapshot(snapshot));
  // From the entry on holders purge nothing of it. What they purged since they were asked is gone, and the snapshot not whole.
  const purged = await countMissing(options, reach);
  if (purged === 0) return { ...left, id };
  await announceForgets(options, [id]);
  return { ...left, chunksMissing: purged };
}

async function countMissing({ isThere, signal }: UndeleteOptions, { chunks }: Reach): Promise<number> {
  let missing = 0;
  for (let from = 0; from < chunks.size; from += ASKED_AT_ONCE) {
    const to = Math.min(from + ASKED_AT_ONCE, chunks.size);
    const some = Array.from({ length: to - from }, (_, i) => chunks.at(from + i));
    const there = await isThere(some, signal ? { signal } : {});
    missing += there.filter((here) => !here).length;
  }
  return missing;
}
