/** What a restore says while it runs and when it is done: text and JSON side by side, and the exit code of a summary. */
import {
  formatBytes,
  formatDuration,
  type RestoredEntry,
  type RestoreProgress,
  type RestoreSummary,
} from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import type { WorkPrinter } from './long-work.ts';
import { worstExitCode } from './problems.ts';
import { type JsonLine, tellProblems, transferPrinter } from './transfer.ts';
import { copiesByHolder, count, holdersJson, printable, rate, shortId } from './words.ts';

export interface RestorePrinter extends WorkPrinter<RestoreProgress, RestoreSummary> {
  /** One line for one entry. */
  readonly entry: (entry: RestoredEntry) => void;
}

const SHOWN_PROBLEMS = 20;

/** An alarm about the logs outweighs files that failed: it may mean that this is not the newest snapshot. */
export function restoreExitCode(summary: Pick<RestoreSummary, 'failed' | 'alarms'>): number {
  return summary.alarms.length > 0 ? exitCodeOf('rollback') : worstExitCode(summary.failed);
}

function summaryJson(summary: RestoreSummary): JsonLine {
  const { verified } = summary;
  return {
    message_type: 'summary',
    snapshot_id: summary.snapshot.id,
    ...(summary.dryRun ? { dry_run: true } : {}),
    resumed: summary.resumed,
    seconds_elapsed: Math.round(summary.durationMs / 1000),
    total_files: summary.files + summary.skipped + summary.failedCount,
    files_restored: summary.files,
    dirs_restored: summary.directories,
    links_restored: summary.links,
    specials_restored: summary.specials,
    bytes_restored: summary.bytes,
    files_skipped: summary.skipped,
    bytes_skipped: summary.skippedBytes,
    files_deleted: summary.deleted,
    files_failed: summary.failedCount,
    ...(verified ? { files_verified: verified.files, bytes_verified: verified.bytes } : {}),
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
    ...(summary.specials > 0 ? [count(summary.specials, 'pipe or device', 'pipes and devices')] : []),
  ].join(', ');
  const from = summary.holders.length === 0 ? '' : ` from ${copiesByHolder(summary.holders)}`;
  const speed = summary.dryRun ? '' : rate(summary.bytes, summary.durationMs);
  const lines = [
    `restored  ${what}, ${formatBytes(summary.bytes)} of snapshot ${shortId(summary.snapshot.id)}`,
    `time      ${formatDuration(summary.durationMs)}${speed === '' ? '' : `, ${speed}`}${from}`,
  ];
  if (summary.resumed) lines.unshift('resumed   an interrupted restore of the same');
  if (summary.skipped > 0) {
    lines.push(`kept      ${count(summary.skipped, 'existing file')}, ${formatBytes(summary.skippedBytes)}`);
  }
  if (summary.deleted > 0) lines.push(`deleted   ${count(summary.deleted, 'entry', 'entries')}`);
  const { verified } = summary;
  if (verified) {
    lines.push(`verified  ${count(verified.files, 'file')}, ${formatBytes(verified.bytes)} read back`);
  }
  if (summary.failedCount > 0) lines.push(`failed    ${count(summary.failedCount, 'file')}, see above`);
  if (summary.dryRun) lines.push('nothing was written: this was a dry run');
  return lines;
}

function tellEntry(session: Session, { action, path, bytes }: RestoredEntry): void {
  session.emit({ message_type: 'verbose_status', action, item: path, size: bytes });
  session.tell(`${action.padEnd(9)} ${printable(path)}`);
}

export function restorePrinter(session: Session): RestorePrinter {
  const printer = transferPrinter<RestoreProgress, RestoreSummary>(session, {
    label: 'from',
    status: ({ filesDone, filesSkipped, bytesDone, bytesSkipped, deleted, errors }) => ({
      files_restored: filesDone - filesSkipped,
      files_skipped: filesSkipped,
      files_deleted: deleted,
      bytes_restored: bytesDone - bytesSkipped,
      bytes_skipped: bytesSkipped,
      error_count: errors,
    }),
    warn: warnAbout,
    json: summaryJson,
    lines: summaryLines,
  });
  return { ...printer, entry: (entry) => printer.aside(() => tellEntry(session, entry)) };
}
