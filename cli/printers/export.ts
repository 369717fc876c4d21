/** What an export says while it runs and when it is done, folder by folder, and the exit code of a report. */
import {
  type ExportedPlace,
  type ExportProgress,
  type ExportReport,
  formatBytes,
  formatDuration,
} from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { worstExitCode } from './problems.ts';
import { tellProblems } from './transfer.ts';
import { count, printable, rate } from './words.ts';

const SHOWN_PROBLEMS = 20;
const WORDS: Readonly<Record<ExportedPlace['state'], string>> = {
  ok: '',
  full: ', full',
  failed: ', FAILED: do not rely on it',
};

/** What could not be read weighs more than a folder that fell out. */
export function exportExitCode(report: Pick<ExportReport, 'dryRun' | 'problems' | 'chunksShort'>): number {
  if (report.dryRun) return 0;
  const unread = report.problems.filter(({ path }) => path === '');
  if (unread.length > 0) return worstExitCode(unread);
  if (report.chunksShort > 0) return exitCodeOf('fewer-copies');
  return report.problems.some(({ code }) => code !== 'no-space') ? worstExitCode(report.problems) : 0;
}

function placeLine(place: ExportedPlace, dryRun: boolean): string {
  const { name, chunks, chunksWritten, bytesWritten, chunksRemoved, freeBytes, state } = place;
  const written = `${count(chunksWritten, 'chunk')}, ${formatBytes(bytesWritten)} ${dryRun ? 'to write' : 'written'}`;
  const removed = chunksRemoved === 0 ? '' : `, ${chunksRemoved} ${dryRun ? 'to remove' : 'removed'}`;
  const has = dryRun ? '' : `, has ${chunks.toLocaleString('en-US')}`;
  const free = Number.isFinite(freeBytes) ? `, ${formatBytes(freeBytes)} free` : '';
  return `          ${printable(name)}: ${written}${removed}${has}${free}${WORDS[state]}`;
}

function summaryLines(report: ExportReport): readonly string[] {
  const { places, snapshots, chunks, bytes, copiesTarget, copiesMin, chunksShort, chunksMissing } = report;
  const lines = [
    `vault     ${count(snapshots, 'snapshot')}, ${count(chunks, 'chunk')}, ${formatBytes(bytes)}`,
    'folders',
    ...places.map((place) => placeLine(place, report.dryRun)),
    `time      ${formatDuration(report.durationMs)}`,
  ];
  if (report.damaged > 0) lines.push(`damaged   ${count(report.damaged, 'file')}, replaced`);
  if (report.dryRun) return [...lines, 'Nothing was written (--dry-run).'];
  const short = chunksShort === 0 ? '' : `; ${count(chunksShort, 'chunk has', 'chunks have')} fewer`;
  const missing = chunksMissing === 0 ? '' : `, ${chunksMissing.toLocaleString('en-US')} NONE`;
  return [...lines, `copies    ${copiesMin} of ${copiesTarget} on the folders together${short}${missing}`];
}

function printExport(session: Session, report: ExportReport): void {
  const { verbose, json } = session.mode;
  const shown = verbose || json ? report.problems : report.problems.slice(0, SHOWN_PROBLEMS);
  tellProblems(session, shown, 'export');
  const more = report.problems.length - shown.length;
  if (more > 0) session.warn(`and ${count(more, 'more problem')} (-v names them)`);
  session.emit({
    message_type: 'summary',
    dry_run: report.dryRun,
    vault_id: report.vaultId,
    snapshots: report.snapshots,
    chunks: report.chunks,
    bytes: report.bytes,
    copies_target: report.copiesTarget,
    copies_min: report.copiesMin,
    chunks_short: report.chunksShort,
    chunks_missing: report.chunksMissing,
    files_damaged: report.damaged,
    places: report.places.map((place) => ({
      name: place.name,
      state: place.state,
      chunks: place.chunks,
      chunks_written: place.chunksWritten,
      bytes_written: place.bytesWritten,
      chunks_removed: place.chunksRemoved,
      ...(Number.isFinite(place.freeBytes) ? { free_bytes: place.freeBytes } : {}),
    })),
    total_duration: report.durationMs / 1000,
  });
  for (const line of summaryLines(report)) session.tell(line);
}

export function exportPrinter(session: Session): WorkPrinter<ExportProgress, ExportReport> {
  return workPrinter(session, {
    line: ({ stage, done, total, bytesDone, elapsedMs }) =>
      [
        `${stage === 'verify' ? 'reading' : 'written'} ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`,
        ...(stage === 'verify' ? [] : [formatBytes(bytesDone), rate(bytesDone, elapsedMs)]),
      ].join('  '),
    status: ({ stage, done, total, bytesDone }) => ({ stage, done, total, bytes_done: bytesDone }),
    summary: (report) => printExport(session, report),
  });
}
