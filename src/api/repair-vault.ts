/** `vault repair`: gives up peers that are gone for good, and makes the copies that are missing now (R1). */
import { CopyCount } from '../maintenance/copy-count.ts';
import { makeCopies } from '../maintenance/make-copies.ts';
import { VaultError } from '../model/errors.ts';
import { groupOf, type PeerName } from '../model/ids.ts';
import { holderOrder } from '../policy/placement.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import { syncLog } from '../vault/sync-log.ts';
import { findPeer } from './find-peer.ts';
import type { RepairOptions, RepairReport } from './upkeep-types.ts';
import { accusedIn, countedHolders, liveDigests } from './vault-status.ts';
import type { VaultWork } from './vault-work.ts';

/** When more than the mesh is there to read from. */
export interface RepairSource {
  readonly reader?: ChunkReader;
  readonly onAlarm?: (alarm: VaultError) => void;
}

/** Throws 'not-found', 'ambiguous', 'usage', 'too-few-peers'. */
export async function repairVault(
  work: VaultWork,
  options: RepairOptions,
  also: RepairSource = {},
): Promise<RepairReport> {
  const { session, state, home, surroundings, wait } = work;
  const startMs = surroundings.clock.monotonicMs();
  const members = session.table?.members.map(({ peer }) => peer) ?? [];
  const lost = new Set(
    (options.lost ?? []).map((name) => findPeer(members, (peer) => session.nameOf(peer), name)),
  );
  if (lost.size > 0 && lost.size === members.length) {
    throw new VaultError('usage', 'a vault whose holders are all given up has no copies left', {
      hint: 'If they are really gone, back up again: other peers become holders.',
    });
  }
  const ranking = await session.planHolders(home.copies, wait, lost);
  // New members get the logs too: without one of them nobody would know of the snapshots (L3).
  const { onAlarm, reader = session.readingStore() } = also;
  const tell = onAlarm ? { onAlarm } : {};
  await syncLog({
    state,
    keys: home.logKeys,
    exchange: session.exchange,
    spread: true,
    ...wait,
    ...tell,
  });
  // Who is given up, or failed audits (R4), counts no more, but may still be read from.
  const accused = accusedIn(work, await session.askHolders(wait));
  const reached = countedHolders(work, ranking).filter(({ peer }) => !lost.has(peer));
  const holders = reached.filter(({ peer }) => !accused.has(peer));
  const count = await CopyCount.ask(liveDigests(state), holders, wait);
  const { nowhere, ...made } = await makeCopies({
    count,
    copies: home.copies,
    reader,
    orderOf: orderOf(work, ranking, accused),
    writerOf: (peer) => session.remoteOf(peer),
    ...(options.onProgress
      ? {
          onProgress: (chunksDone, chunksTotal, bytesMoved) =>
            options.onProgress?.({
              elapsedMs: surroundings.clock.monotonicMs() - startMs,
              chunksDone,
              chunksTotal,
              bytesMoved,
            }),
        }
      : {}),
    ...wait,
  });
  const names = [...lost].map((peer) => session.nameOf(peer));
  const answering = new Set(reached.map(({ peer }) => peer));
  const silent = session.table?.members.filter(({ peer }) => !answering.has(peer)) ?? [];
  return { ...made, lost: nowhere, holdersSilent: silent.length, peersRemoved: names };
}

/** Members that can take chunks now, in order of placement. */
function orderOf(
  { session }: VaultWork,
  { ranked }: Ranking,
  accused: ReadonlySet<PeerName>,
): (digest: Uint8Array) => readonly string[] {
  const { table } = session;
  const usable = new Set(ranked.map(({ facts }) => facts.peer).filter((peer) => !accused.has(peer)));
  const orders = new Map<number, readonly string[]>();
  return (digest) => {
    const group = groupOf(digest);
    const known = orders.get(group);
    if (known || !table) return known ?? [];
    const order = holderOrder(table, table.vault, group).filter((peer) => usable.has(peer));
    orders.set(group, order);
    return order;
  };
}
