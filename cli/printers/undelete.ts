/** Forgotten snapshots: which can come back, which did, and what stands in the way of the others. */
import type { UndeletedSnapshot, UndeleteReport } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { count, localTime, printable, shortId, snapshotJson } from './words.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'Time' },
  { title: 'Host' },
  { title: 'Tags' },
  { title: 'Undelete' },
  { title: 'Paths' },
];

function canComeBack({ chunksMissing, complete }: UndeletedSnapshot): boolean {
  return chunksMissing === 0 && complete;
}

function fateText(row: UndeletedSnapshot): string {
  if (row.id !== undefined) return `back as ${shortId(row.id)}`;
  if (row.chunksMissing > 0) return `lacks ${count(row.chunksMissing, 'chunk')}`;
  return row.complete ? 'possible' : 'not all can be read now';
}

function cells(row: UndeletedSnapshot): readonly string[] {
  return [
    shortId(row.was.id),
    localTime(row.was.timeMs),
    printable(row.was.host),
    printable(row.was.tags.join(',')),
    fateText(row),
    printable(row.was.paths.join(', ')),
  ];
}

/** What no trash has is gone only when no holder is silent. A mere list has nothing to fail at. */
export function undeleteExitCode(report: UndeleteReport, { list }: { readonly list: boolean }): number {
  if (list || report.snapshots.every(canComeBack)) return 0;
  const gone = report.holdersSilent === 0 && report.snapshots.some(({ chunksMissing }) => chunksMissing > 0);
  return exitCodeOf(gone ? 'lost' : 'unavailable');
}

function emitUndelete(session: Session, report: UndeleteReport): void {
  for (const row of report.snapshots) {
    session.emit({
      message_type: 'forgotten_snapshot',
      ...snapshotJson(row.was),
      ...(row.id === undefined ? {} : { restored_as: row.id }),
      chunks_missing: row.chunksMissing,
      complete: row.complete,
    });
  }
  session.emit({
    message_type: 'summary',
    dry_run: report.dryRun,
    snapshots_forgotten: report.snapshots.length,
    snapshots_possible: report.snapshots.filter(canComeBack).length,
    snapshots_restored: report.restored,
    holders_silent: report.holdersSilent,
  });
}

export function printUndelete(
  session: Session,
  report: UndeleteReport,
  { list }: { readonly list: boolean },
): void {
  emitUndelete(session, report);
  if (report.snapshots.length === 0) {
    session.print('no forgotten snapshots');
    return;
  }
  for (const line of tableLines(COLUMNS, report.snapshots.map(cells))) session.print(line);
  const possible = report.snapshots.filter(canComeBack).length;
  if (list) session.tell(`${count(possible, 'snapshot')} can come back`);
  else if (report.dryRun) session.tell(`dry run: ${count(possible, 'snapshot')} would come back`);
  else session.tell(`${count(report.restored, 'snapshot is', 'snapshots are')} back`);
  const left = report.snapshots.length - possible;
  if (left === 0) return;
  const why =
    report.holdersSilent > 0
      ? `while ${count(report.holdersSilent, 'holder does', 'holders do')} not answer`
      : 'any more: holders have emptied their trash';
  session.warn(`${count(left, 'snapshot')} cannot come back ${why}`);
}
