/** Counts, chunk by chunk, what every holder has now: the truth behind `vault status` (S4). */
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { canOpen } from '../crypto/vault-keys.ts';
import type { CountedHolder } from '../maintenance/copy-count.ts';
import { surveyVault, type VaultSafety } from '../maintenance/survey.ts';
import { bytesEqual } from '../model/bytes.ts';
import { type Digest, idText, type PeerName } from '../model/ids.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { HolderHeads } from '../vault/log-exchange.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { accusedHolders, type HolderView } from './ask-holders.ts';
import { findPeer } from './find-peer.ts';
import { lostChunks, unsoundPeers } from './holder-words.ts';
import { infoOf } from './snapshot-info.ts';
import type { SnapshotStatus, StatusOptions, VaultStatusReport } from './status-types.ts';
import type { AwayPeer, RepairingPeer, WhatIf } from './upkeep-types.ts';
import type { VaultWork } from './vault-work.ts';

export function* liveDigests(state: VaultState): Generator<Digest> {
  for (const { digest } of state.chunks.live()) yield digest;
}

/** Members and recruits that answer and do not share this machine: only their copies count (P2). */
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
    .appointed()
    .filter((peer) => facts.get(peer)?.reachable === true && !ownMachine.has(peer))
    .map((peer) => ({
      peer,
      zone: facts.get(peer)?.zone || zones.get(peer) || peer,
      chunks: session.remoteOf(peer),
    }));
}

/** Holders that answer and failed the audits of others (R4). */
export function accusedIn({ session }: VaultWork, views: readonly HolderView[]): ReadonlySet<PeerName> {
  return accusedHolders(session.table?.members.map(({ peer }) => peer) ?? [], views);
}

/** Holders that have the log of the snapshot's device at least as far as it is known here. */
function logHolders(
  { snapshot }: SnapshotRecord,
  work: VaultWork,
  shown: readonly HolderHeads[],
  holders: readonly CountedHolder[],
): readonly CountedHolder[] {
  const log = work.state.logs.device(snapshot.device);
  const next = log ? Math.min(log.next, log.ends ?? log.next) : Number.POSITIVE_INFINITY;
  const complete = new Set<PeerName>();
  for (const { peer, heads } of shown) {
    if (heads.some((head) => bytesEqual(head.device, snapshot.device) && head.next >= next))
      complete.add(peer);
  }
  return holders.filter(({ peer }) => complete.has(peer));
}

/** Members of the table, and who answers besides; a peer that was given up may still be announced for a while. */
function knownHolders({ session }: VaultWork, answering: readonly CountedHolder[]): readonly PeerName[] {
  const members = session.table?.members.map(({ peer }) => peer) ?? [];
  return [...new Set([...members, ...answering.map(({ peer }) => peer)])];
}

/** Members that do not answer us, and those that holders have not heard for a while (R1). */
function awayPeers(
  { session }: VaultWork,
  known: readonly PeerName[],
  silent: readonly PeerName[],
  views: readonly HolderView[],
  accused: ReadonlySet<PeerName>,
): readonly AwayPeer[] {
  const said = new Map<PeerName, { silentMs: number; lost: boolean }>();
  for (const { peer, silentMs, lost } of views.flatMap(({ answer }) => answer.silent)) {
    const before = said.get(peer);
    said.set(peer, {
      silentMs: Math.max(silentMs, before?.silentMs ?? 0),
      lost: lost || before?.lost === true,
    });
  }
  const away = new Set([...silent, ...[...said.keys(), ...accused].filter((peer) => known.includes(peer))]);
  return [...away].map((peer) => {
    const word = said.get(peer);
    const name = session.nameOf(peer);
    if (accused.has(peer)) return { peer, name, health: 'unsound' };
    if (!word) return { peer, name, health: 'silent' };
    return { peer, name, silentMs: word.silentMs, health: word.lost ? 'lost' : 'away' };
  });
}

function repairingPeers(
  { session, surroundings }: VaultWork,
  views: readonly HolderView[],
): readonly RepairingPeer[] {
  const nowMs = surroundings.clock.now();
  return views
    .filter(({ answer }) => answer.missing > 0)
    .map(({ peer, answer: { missing, missingMs, unavailable = 0 } }) => ({
      peer,
      name: session.nameOf(peer),
      missing,
      unavailable: Math.min(missing, unavailable),
      sinceMs: nowMs - missingMs,
    }));
}

function whatIfOf(work: VaultWork, without: ReadonlySet<PeerName>, safety: VaultSafety): WhatIf {
  return {
    without: [...without].map((peer) => work.session.nameOf(peer)),
    snapshots: safety.snapshots.map(({ id, lostWithout = 0, restorableWithout = false }) => ({
      id,
      lostChunks: lostWithout,
      restorable: restorableWithout,
    })),
  };
}

/** Throws 'not-found', 'ambiguous' for `whatIf`. */
export async function vaultStatus(work: VaultWork, options: StatusOptions = {}): Promise<VaultStatusReport> {
  const { session, state, home, wait } = work;
  const ranking = await session.rank(wait);
  const nameOf = (peer: PeerName): string => session.nameOf(peer);
  const without = new Set(options.whatIf?.map((name) => findPeer(session.holders(), nameOf, name)));
  const views = await session.askHolders(wait);
  const accused = accusedIn(work, views);
  const reached = countedHolders(work, ranking);
  const holders = reached.filter(({ peer }) => !accused.has(peer));
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
    ...(canOpen(home.logKeys) ? { chunks: new OpenedChunks(session.readingStore(), home.logKeys) } : {}),
    ...(options.whatIf ? { without } : {}),
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
  const answering = reached.filter(({ peer }) => !safety.holdersSilent.includes(peer));
  const known = knownHolders(work, answering);
  const silent = known.filter((peer) => !answering.some((holder) => holder.peer === peer));
  const chunksUnavailable = safety.chunksByCopies[0] ?? 0;
  const everybodyCounts = silent.length === 0 && accused.size === 0;
  const signed = session.table?.members.map(({ peer }) => peer) ?? [];
  return {
    vaultId: idText(home.vault),
    role: home.device.role,
    copiesTarget: session.table?.copies ?? home.copies,
    holdersKnown: known.length,
    holdersAnswering: answering.length,
    chunks: safety.chunks,
    histogram: safety.chunksByCopies
      .map((chunks, copies) => ({ copies, chunks }))
      .filter(({ chunks }) => chunks > 0),
    snapshots,
    silent: silent.map((peer) => session.nameOf(peer)),
    away: awayPeers(work, known, silent, views, accused),
    unsound: unsoundPeers({ signed, views, accused, nameOf }),
    braked: views.filter(({ answer }) => answer.braked === true).map(({ peer }) => nameOf(peer)),
    repairing: repairingPeers(work, views),
    chunksUnavailable,
    chunksLost: everybodyCounts ? lostChunks(chunksUnavailable, views) : 0,
    ...(options.whatIf ? { whatIf: whatIfOf(work, without, safety) } : {}),
  };
}
