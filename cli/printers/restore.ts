/** What a restore says while it runs and when it is done: text and JSON side by side, and the exit code of a summary. */
import { formatBytes, formatDuration, type RestoreProgress, type RestoreSummary } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import type { WorkPrinter } from './long-work.ts';
import { worstExitCode } from './problems.ts';
import { type JsonLine, tellProblems, transferPrinter } from './transfer.ts';
import { copiesByHolder, count, holdersJson, rate, shortId } from './words.ts';

export type RestorePrinter = WorkPrinter<RestoreProgress, RestoreSummary>;

const SHOWN_PROBLEMS = 20;

/** An alarm about the logs outweighs files that failed: it may mean that this is not the newest snapshot. */
export function restoreExitCode(summary: Pick<RestoreSummary, 'failed' | 'alarms'>): number {
  return summary.alarms.length > 0 ? exitCodeOf('rollback') : worstExitCode(summary.failed);
}

function summaryJson(summary: RestoreSummary): JsonLine {
  return {
    message_type: 'summary',
    snapshot_id: summary.snapshot.id,
    seconds_elapsed: Math.round(summary.durationMs / 1000),
    total_files: summary.files + summary.skipped + summary.failedCount,
    files_restored: summary.files,
    dirs_restored: summary.directories,
    links_restored: summary.links,
    bytes_restored: summary.bytes,
    files_skipped: summary.skipped,
    files_failed: summary.failedCount,
    total_duration: summary.durationMs / 1000,
    holders: holdersJson(summary.holders),
  };
}

function warnAbout(session: Session, summary: RestoreSummary): void {
  const shown =
    session.mode.verbose || session.mode.json ? summary.failed : summary.failed.slice(0, SHOWN_PROBLEMS);
  tellProblems(session, shown, 'restore');
  const more = summary.failedCount - shown.length;
  if (more > 0) session.warn(`and ${count(more, 'more file')} (-v names them all)`);
}

function summaryLines(summary: RestoreSummary): readonly string[] {
  const what = [
    count(summary.files, 'file'),
    count(summary.directories, 'directory', 'directories'),
    count(summary.links, 'link'),
  ].join(', ');
  const from = summary.holders.length === 0 ? '' : ` from ${copiesByHolder(summary.holders)}`;
  const speed = rate(summary.bytes, summary.durationMs);
  const lines = [
    `restored  ${what}, ${formatBytes(summary.bytes)} of snapshot ${shortId(summary.snapshot.id)}`,
    `time      ${formatDuration(summary.durationMs)}${speed === '' ? '' : `, ${speed}`}${from}`,
  ];
  if (summary.skipped > 0) lines.push(`kept      ${count(summary.skipped, 'existing file')}`);
  if (summary.failedCount > 0) lines.push(`failed    ${count(summary.failedCount, 'file')}, see above`);
  return lines;
}

export function restorePrinter(session: Session): RestorePrinter {
  return transferPrinter(session, {
    label: 'from',
    status: ({ filesDone, bytesDone, errors }) => ({
      files_restored: filesDone,
      bytes_restored: bytesDone,
      error_count: errors,
    }),
    warn: warnAbout,
    json: summaryJson,
    lines: summaryLines,
  });
}
