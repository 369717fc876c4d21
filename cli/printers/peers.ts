/** The ranking of the storage peers (P1), with the reason for every peer that is left out. */
import { formatBytes, type LeftOutRow, type PeersReport, type RankedRow } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { count, printable } from './words.ts';

const REASONS: Readonly<Record<string, string>> = {
  unreachable: 'does not answer',
  'this-machine': 'on this machine: a copy there does not count',
  full: 'full',
  'not-accepting': 'takes no new data',
  'other-version': 'speaks another version',
};

function reasonText(reason: string): string {
  return REASONS[reason] ?? reason;
}

/** The last characters of a peer id tell peers apart; the first ones are the same for all. */
function shortPeer(peer: string): string {
  return `..${peer.slice(-8)}`;
}

function latencyText(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms.toFixed(1)} ms`;
}

function rankedCells(row: RankedRow, full: boolean): readonly string[] {
  return [
    String(row.rank),
    printable(row.name),
    full ? row.peer : shortPeer(row.peer),
    printable(row.zone),
    latencyText(row.latencyMs),
    formatBytes(row.freeBytes),
    row.score.toFixed(3),
    row.holder ? '*' : '',
  ];
}

function leftOutCells(row: LeftOutRow, full: boolean): readonly string[] {
  const peer = full ? row.peer : shortPeer(row.peer);
  return [
    '-',
    printable(row.name),
    peer,
    printable(row.zone),
    '',
    '',
    '',
    row.holder ? '*' : '',
    reasonText(row.reason),
  ];
}

export function peerLines(report: PeersReport, full: boolean): readonly string[] {
  const columns = [
    { title: 'Rank', right: true },
    { title: 'Name' },
    { title: 'Peer' },
    { title: 'Zone' },
    { title: 'Latency', right: true },
    { title: 'Free', right: true },
    { title: 'Score', right: true },
    { title: 'Holds' },
    { title: report.leftOut.length > 0 ? 'Left out because' : '' },
  ];
  return tableLines(columns, [
    ...report.ranked.map((row) => rankedCells(row, full)),
    ...report.leftOut.map((row) => leftOutCells(row, full)),
  ]);
}

function emitPeers(session: Session, report: PeersReport): void {
  for (const row of report.ranked) {
    session.emit({
      message_type: 'peer',
      peer_id: row.peer,
      name: row.name,
      zone: row.zone,
      rank: row.rank,
      score: row.score,
      ...(row.latencyMs === undefined ? {} : { latency_ms: row.latencyMs }),
      latency_score: row.latencyScore,
      free_bytes: row.freeBytes,
      free_score: row.freeScore,
      capacity_bytes: row.capacityBytes,
      holder: row.holder,
    });
  }
  for (const row of report.leftOut) {
    session.emit({
      message_type: 'peer',
      peer_id: row.peer,
      name: row.name,
      zone: row.zone,
      left_out: row.reason,
      holder: row.holder,
    });
  }
}

export function printPeers(session: Session, report: PeersReport): void {
  emitPeers(session, report);
  const usable = report.ranked.length;
  session.emit({
    message_type: 'summary',
    peers_ranked: usable,
    peers_left_out: report.leftOut.length,
    copies_target: report.copiesTarget,
    trial_mesh: report.trialMesh,
  });
  if (usable + report.leftOut.length === 0) {
    session.print('no storage peers found');
  } else {
    for (const line of peerLines(report, session.mode.verbose)) session.print(line);
  }
  if (usable < report.copiesTarget) {
    session.warn(
      `${count(usable, 'usable peer')}, but this vault asks for ${count(report.copiesTarget, 'copy', 'copies')}`,
    );
  }
}
