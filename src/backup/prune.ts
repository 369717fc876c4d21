/** Gives up what no snapshot of this device needs, and only what this device has added itself: so that no lock is needed (L1, L4). */
import { openChunk } from '../crypto/chunk-cipher.ts';
import { decodeIndex } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import { MAX_DROPS } from '../format/log-entry.ts';
import { DigestTable } from '../model/digest-table.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest } from '../model/ids.ts';
import type { KnownChunk } from '../vault/chunk-books.ts';
import { commitDrops, requireActive } from '../vault/commit-log.ts';
import { decodeEntry } from '../vault/opened-entry.ts';
import { adoptForgets, beginUpkeep, ownNumber, reachOf, type UpkeepOptions } from './upkeep.ts';

export interface PruneOptions extends UpkeepOptions {
  /** Only counts. */
  readonly dryRun?: boolean;
  /** What was wrong and made the prune keep more than it had to. */
  readonly onProblem?: (problem: VaultError) => void;
}

interface Amount {
  readonly chunks: number;
  readonly bytes: number;
}

export interface PruneResult {
  /** What this device's log keeps. */
  readonly kept: Amount;
  /** What it gave up, or would give up. */
  readonly dropped: Amount;
  /** Of what is given up: what stays because of the devices with these numbers. */
  readonly others: ReadonlyMap<number, Amount>;
  /** Fewest holders that took one of the entries; 0 when none was needed. */
  readonly holders: number;
}

const NOTHING: Amount = { chunks: 0, bytes: 0 };
const ROWS = 1024;

function plus({ chunks, bytes }: Amount, { size }: KnownChunk): Amount {
  return { chunks: chunks + 1, bytes: bytes + size };
}

/**
 * Killed anywhere, it loses nothing: each entry drops chunks that no snapshot needed when it was signed, and the entries before it say
 * so. Throws 'unavailable', 'lost' or 'corrupt' when a directory cannot be read: then nothing is dropped. Throws 'too-few-peers', 'denied'.
 */
export async function runPrune(options: PruneOptions): Promise<PruneResult> {
  const { state, device, dryRun = false } = options;
  requireActive(state, device);
  if (!dryRun) await beginUpkeep(options);
  const own = ownNumber(options);
  if (own === undefined) return { kept: NOTHING, dropped: NOTHING, others: new Map(), holders: 0 };
  const responsible = state.logs.keptBy(own);
  const live = state.snapshots().filter((record) => responsible.has(record.device));
  const reach = await reachOf(options, live, 'nothing was pruned');
  const needed = reach.chunks;
  for (const digest of unfinished(options, own)) needed.add(digest);
  for (const index of await neededIndexes(options, own, needed)) needed.add(index);
  const plan = planOf(options, needed);
  if (dryRun || plan.drops.size === 0) return { ...plan, holders: 0 };
  await adoptForgets(options, responsible);
  return { ...plan, holders: await commit(options, plan.drops) };
}

/** What entries after the newest snapshot or retirement added: a long backup that was cut off goes on with it (L2). */
function* unfinished({ state, keys, device }: PruneOptions, own: number): Generator<Digest> {
  const { logs } = state;
  const from = logs.lastFinished(own) + 1;
  for (const bytes of logs.entries(device.id, from, logs.device(device.id)?.next ?? 0)) {
    for (const { digest } of decodeEntry(bytes, keys, device.id).adds) yield digest;
  }
}

/** Indexes that still describe a chunk that is needed; one that cannot be read now is kept, one that nobody has is not. */
async function neededIndexes(options: PruneOptions, own: number, needed: DigestTable): Promise<Digest[]> {
  const { state, keys, reader, signal, onProblem } = options;
  const found: Digest[] = [];
  for (const digest of state.logs.indexesOf(own)) {
    signal?.throwIfAborted();
    try {
      const sealed = await reader.get(digest, signal ? { signal } : {});
      if (!sealed) throw new VaultError('lost', `no holder has index chunk ${cidText(digest)}`);
      const described = decodeIndex(openChunk(keys, ChunkKind.index, sealed));
      if (described.some((chunk) => needed.numberOf(chunk.digest) !== undefined)) found.push(digest);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      onProblem?.(error);
      if (error.code !== 'lost') found.push(digest);
    }
  }
  return found;
}

interface Plan extends Omit<PruneResult, 'holders'> {
  readonly drops: DigestTable;
}

function planOf({ state }: PruneOptions, needed: DigestTable): Plan {
  const drops = new DigestTable();
  const others = new Map<number, Amount>();
  let [kept, dropped] = [NOTHING, NOTHING];
  for (const group of state.chunks.ownAdds(ROWS)) {
    for (const chunk of group) {
      if (needed.numberOf(chunk.digest) !== undefined) {
        kept = plus(kept, chunk);
        continue;
      }
      drops.add(chunk.digest);
      dropped = plus(dropped, chunk);
      const own = state.logs.device(state.device)?.no;
      for (const no of state.chunks.addersOf(chunk.digest)) {
        if (no !== own) others.set(no, plus(others.get(no) ?? NOTHING, chunk));
      }
    }
  }
  return { kept, dropped, others, drops };
}

async function commit(options: PruneOptions, drops: DigestTable): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  for (let from = 0; from < drops.size; from += MAX_DROPS) {
    options.signal?.throwIfAborted();
    const to = Math.min(from + MAX_DROPS, drops.size);
    const some = Array.from({ length: to - from }, (_, i) => drops.at(from + i));
    const { holders } = await commitDrops(options, some);
    fewest = Math.min(fewest, holders.length);
  }
  return fewest;
}
