/** What a check found: where it is meanwhile, every error once, and how much was looked at. */
import { type CheckProgress, type CheckReport, formatBytes, formatDuration } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { worstExitCode } from './problems.ts';
import { tellProblems } from './transfer.ts';
import { count, rate } from './words.ts';

const SHOWN_ERRORS = 50;

/** 24 when data is lost or corrupt, 23 when it is unavailable now. */
export function checkExitCode(report: Pick<CheckReport, 'errors' | 'ok'>): number {
  return report.ok ? 0 : Math.max(1, worstExitCode(report.errors));
}

function progressText(progress: CheckProgress): string {
  const { stage, done, total, bytesDone, elapsedMs, errors } = progress;
  const parts =
    stage === 'snapshots'
      ? [`snapshots ${done} of ${total}`]
      : [
          `reading chunk ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`,
          formatBytes(bytesDone),
          rate(bytesDone, elapsedMs),
        ];
  return [...parts, errors === 0 ? '' : count(errors, 'error')].filter((part) => part !== '').join('  ');
}

function checkedLine({ chunksOnly, snapshots, chunks, trees }: CheckReport): string {
  if (chunksOnly)
    return `checked   ${count(chunks, 'chunk')} of all devices; a keeper does not look into snapshots`;
  const needed = `${count(chunks, 'chunk')}, ${trees.toLocaleString('en-US')} of them with directories`;
  return `checked   ${count(snapshots, 'snapshot')}: ${needed}`;
}

function summaryLines(report: CheckReport): readonly string[] {
  const lines = [checkedLine(report)];
  if (report.chunksRead > 0) {
    const proved = `${count(report.copiesVerified, 'copy', 'copies')} of them proved to be the same`;
    lines.push(`read      ${count(report.chunksRead, 'chunk')}, ${formatBytes(report.bytesRead)}; ${proved}`);
  }
  lines.push(`time      ${formatDuration(report.durationMs)}`);
  if (report.chunksShort > 0) {
    lines.push(
      `copies    ${count(report.chunksShort, 'chunk has', 'chunks have')} fewer than the vault asks for now`,
    );
  }
  lines.push(report.ok ? 'result    no errors' : `result    ${count(report.errorCount, 'error')}, see above`);
  return lines;
}

function summaryJson(report: CheckReport): Readonly<Record<string, unknown>> {
  return {
    ok: report.ok,
    num_errors: report.errorCount,
    chunks_only: report.chunksOnly,
    snapshots: report.snapshots,
    chunks_with_directories: report.trees,
    chunks: report.chunks,
    chunks_short_of_copies: report.chunksShort,
    chunks_read: report.chunksRead,
    bytes_read: report.bytesRead,
    copies_verified: report.copiesVerified,
    total_duration: report.durationMs / 1000,
  };
}

function printCheck(session: Session, report: CheckReport): void {
  const { verbose, json } = session.mode;
  const shown = verbose || json ? report.errors : report.errors.slice(0, SHOWN_ERRORS);
  tellProblems(session, shown, 'check');
  const more = report.errorCount - shown.length;
  if (more > 0) session.warn(`and ${count(more, 'more error')}${verbose || json ? '' : ' (-v names them)'}`);
  session.emit({ message_type: 'summary', ...summaryJson(report) });
  for (const line of summaryLines(report)) session.tell(line);
}

export function checkPrinter(session: Session): WorkPrinter<CheckProgress, CheckReport> {
  return workPrinter(session, {
    line: progressText,
    status: ({ stage, done, total, bytesDone, totalBytes, errors }) => ({
      stage,
      done,
      total,
      bytes_done: bytesDone,
      ...(totalBytes === undefined ? {} : { total_bytes: totalBytes }),
      error_count: errors,
    }),
    summary: (report) => printCheck(session, report),
  });
}
