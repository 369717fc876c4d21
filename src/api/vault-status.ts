/** Counts, chunk by chunk, what every holder has now: the truth behind `vault status` (S4). */
import { OpenedChunks } from '../backup/opened-chunks.ts';
import type { CountedHolder } from '../maintenance/copy-count.ts';
import { surveyVault } from '../maintenance/survey.ts';
import { bytesEqual } from '../model/bytes.ts';
import { type Digest, idText, type PeerName } from '../model/ids.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { HolderHeads } from '../vault/log-exchange.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { infoOf } from './snapshot-info.ts';
import type { SnapshotStatus, VaultStatusReport } from './status-types.ts';
import type { VaultWork } from './vault-work.ts';

export function* liveDigests(state: VaultState): Generator<Digest> {
  for (const { digest } of state.chunks.live()) yield digest;
}

/** Holders that answer and do not share this machine: only their copies count (P2). */
export function countedHolders(
  { session }: VaultWork,
  { ranked, leftOut }: Ranking,
): readonly CountedHolder[] {
  const facts = new Map([...ranked, ...leftOut].map((row) => [row.facts.peer, row.facts]));
  const ownMachine = new Set(
    leftOut.filter(({ reason }) => reason === 'this-machine').map(({ facts: { peer } }) => peer),
  );
  const zones = new Map(session.table?.members.map(({ peer, zone }) => [peer, zone]));
  return session
    .holders()
    .filter((peer) => facts.get(peer)?.reachable === true && !ownMachine.has(peer))
    .map((peer) => ({
      peer,
      zone: facts.get(peer)?.zone || zones.get(peer) || peer,
      chunks: session.remoteOf(peer),
    }));
}

/** Holders that have the log of the snapshot's device at least as far as it is known here. */
function logHolders(
  { snapshot }: SnapshotRecord,
  work: VaultWork,
  shown: readonly HolderHeads[],
  holders: readonly CountedHolder[],
): readonly CountedHolder[] {
  const next = work.state.logs.device(snapshot.device)?.next ?? Number.POSITIVE_INFINITY;
  const complete = new Set<PeerName>();
  for (const { peer, heads } of shown) {
    if (heads.some((head) => bytesEqual(head.device, snapshot.device) && head.next >= next))
      complete.add(peer);
  }
  return holders.filter(({ peer }) => complete.has(peer));
}

export async function vaultStatus(work: VaultWork): Promise<VaultStatusReport> {
  const { session, state, home, wait } = work;
  const ranking = await session.rank(wait);
  const holders = countedHolders(work, ranking);
  const shown = holders.length === 0 ? [] : await session.exchange.heads(wait);
  const records = state.snapshots();
  const safety = await surveyVault({
    snapshots: records.map((record) => ({
      id: record.id,
      root: record.snapshot.root,
      logHolders: logHolders(record, work, shown, holders),
    })),
    liveChunks: liveDigests(state),
    holders,
    chunks: new OpenedChunks(session.readingStore(), home.keys),
    ...wait,
  });
  const byId = new Map(safety.snapshots.map((row) => [row.id, row]));
  const snapshots = records.map((record): SnapshotStatus => {
    const row = byId.get(record.id);
    return {
      snapshot: infoOf(record),
      copiesMin: row?.copiesMin ?? 0,
      zonesMin: row?.zonesMin ?? 0,
      peersCanBeLost: row?.peersLosable ?? 0,
      zonesCanBeLost: row?.zonesLosable ?? 0,
      complete: row?.complete ?? false,
    };
  });
  const known = session.holders();
  const answering = holders.filter(({ peer }) => !safety.holdersSilent.includes(peer));
  const silent = known.filter((peer) => !answering.some((holder) => holder.peer === peer));
  return {
    vaultId: idText(home.keys.vault),
    copiesTarget: session.table?.copies ?? home.copies,
    holdersKnown: known.length,
    holdersAnswering: answering.length,
    chunks: safety.chunks,
    histogram: safety.chunksByCopies
      .map((chunks, copies) => ({ copies, chunks }))
      .filter(({ chunks }) => chunks > 0),
    snapshots,
    silent: silent.map((peer) => session.nameOf(peer)),
    away: silent.map((peer) => ({ peer, name: session.nameOf(peer), health: 'silent' })),
    repairing: [],
  };
}
