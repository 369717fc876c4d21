/** How safe the vault is now: a line for each snapshot, and how many chunks have how many copies. */
import type { SnapshotStatus, VaultStatusReport } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import {
  awayJson,
  awayLine,
  brakeLine,
  doubtLine,
  repairingJson,
  repairingLine,
  unavailableLines,
  unsoundJson,
} from './status-upkeep.ts';
import { whatIfJson, whatIfLines } from './status-what-if.ts';
import { count, localTime, printable, shortId, snapshotJson } from './words.ts';

function cells(row: SnapshotStatus): readonly string[] {
  return [
    shortId(row.snapshot.id),
    localTime(row.snapshot.timeMs),
    printable(row.snapshot.host),
    String(row.copiesMin),
    row.copiesMin === 0 ? 'cannot be restored now' : count(row.peersCanBeLost, 'peer'),
    row.copiesMin === 0 ? '' : count(row.zonesCanBeLost, 'zone'),
    printable(row.snapshot.paths.join(', ')),
  ];
}

const COLUMNS = [
  { title: 'ID' },
  { title: 'Time' },
  { title: 'Host' },
  { title: 'Copies', right: true },
  { title: 'Can lose' },
  { title: 'or' },
  { title: 'Paths' },
];

/** "3 copies: 1,204 chunks, 2 copies: 3 chunks", most copies first. */
export function histogramText(report: VaultStatusReport): string {
  return [...report.histogram]
    .sort((a, b) => b.copies - a.copies)
    .map(({ copies, chunks }) => `${count(copies, 'copy', 'copies')}: ${count(chunks, 'chunk')}`)
    .join(', ');
}

function emitStatus(session: Session, report: VaultStatusReport): void {
  for (const row of report.snapshots) {
    session.emit({
      message_type: 'snapshot_status',
      ...snapshotJson(row.snapshot),
      copies_target: report.copiesTarget,
      copies_min: row.copiesMin,
      zones_min: row.zonesMin,
      peers_can_be_lost: row.peersCanBeLost,
      zones_can_be_lost: row.zonesCanBeLost,
      complete: row.complete,
    });
  }
  if (report.whatIf !== undefined) for (const line of whatIfJson(report.whatIf)) session.emit(line);
  const counted = [...report.histogram].filter(({ chunks }) => chunks > 0);
  session.emit({
    message_type: 'vault_status',
    vault_id: report.vaultId,
    role: report.role,
    copies_target: report.copiesTarget,
    copies_min: counted.length === 0 ? 0 : Math.min(...counted.map(({ copies }) => copies)),
    chunks: report.chunks,
    chunks_by_copies: Object.fromEntries(counted.map(({ copies, chunks }) => [copies, chunks])),
    holders_known: report.holdersKnown,
    holders_answering: report.holdersAnswering,
    holders_silent: report.silent,
    away: report.away.map(awayJson),
    unsound: report.unsound.map(unsoundJson),
    braked: report.braked,
    repairing: report.repairing.map(repairingJson),
    chunks_unavailable: report.chunksUnavailable,
    chunks_lost: report.chunksLost,
    snapshots: report.snapshots.length,
  });
}

/** Where waiting will not help, what will. */
function adviceOf({ holdersAnswering, copiesTarget }: VaultStatusReport): string {
  return holdersAnswering < copiesTarget
    ? `, and only ${count(holdersAnswering, 'holder')} can have any: start those that are off, or let another peer join`
    : '';
}

/** Not to see any is not to have none. */
function noSnapshots({ role }: VaultStatusReport): string {
  if (role === 'keeper') return 'snapshots are sealed for a keeper; it counts the chunks of the whole vault';
  return role === 'append-only'
    ? 'no snapshots of this device yet; those of others are sealed for it'
    : 'no snapshots yet';
}

/** Where snapshots are not seen, the chunks tell. */
function warnOfChunks(session: Session, report: VaultStatusReport): void {
  const few = report.histogram.filter(({ copies }) => copies < report.copiesTarget);
  const chunks = few.reduce((sum, row) => sum + row.chunks, 0);
  if (chunks === 0) return;
  const have = `${count(chunks, 'chunk has', 'chunks have')} fewer than ${report.copiesTarget} copies now`;
  session.warn(`${have}${adviceOf(report)}`);
}

export function printStatus(session: Session, report: VaultStatusReport): void {
  emitStatus(session, report);
  session.tell(`vault     ${report.vaultId}`);
  session.tell(`holders   ${report.holdersAnswering} of ${report.holdersKnown} answer`);
  session.tell(
    `chunks    ${count(report.chunks, 'chunk')}${report.chunks === 0 ? '' : ` (${histogramText(report)})`}`,
  );
  for (const line of unavailableLines(report)) session.print(line);
  for (const peer of report.away) session.print(awayLine(peer, report));
  for (const peer of report.unsound) if (peer.counted) session.print(doubtLine(peer));
  const brake = brakeLine(report);
  if (brake !== undefined) session.print(brake);
  for (const peer of report.repairing) session.print(repairingLine(peer));
  if (report.snapshots.length === 0) session.print(noSnapshots(report));
  else for (const line of tableLines(COLUMNS, report.snapshots.map(cells))) session.print(line);
  if (report.whatIf !== undefined) {
    session.tell('');
    for (const line of whatIfLines(report, report.whatIf)) session.print(line);
  }
  const short = report.snapshots.filter(({ copiesMin }) => copiesMin < report.copiesTarget).length;
  if (report.role === 'keeper') warnOfChunks(session, report);
  if (short > 0) {
    const have = `${count(short, 'snapshot has', 'snapshots have')} fewer than ${report.copiesTarget} copies of some chunk now`;
    session.warn(`${have}${adviceOf(report)}`);
  }
}
