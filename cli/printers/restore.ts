/** What a restore says while it runs and when it is done: text and JSON side by side, and the exit code of a summary. */
import { formatBytes, formatDuration, type RestoreProgress, type RestoreSummary } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { progressLine } from '../terminal/progress-line.ts';
import type { Session } from '../terminal/session.ts';
import { worstExitCode } from './problems.ts';
import {
  amountsText,
  copiesByHolder,
  count,
  holdersJson,
  problemText,
  rate,
  remainingMs,
  shortId,
} from './words.ts';

export interface RestorePrinter {
  readonly progress: (progress: RestoreProgress) => void;
  readonly summary: (summary: RestoreSummary) => void;
  readonly end: () => void;
}

const JSON_INTERVAL_MS = 1000;
const SHOWN_PROBLEMS = 20;

/** An alarm about the logs outweighs files that failed: it may mean that this is not the newest snapshot. */
export function restoreExitCode(summary: RestoreSummary): number {
  return summary.alarms.length > 0 ? exitCodeOf('rollback') : worstExitCode(summary.failed);
}

function statusJson(progress: RestoreProgress): Readonly<Record<string, unknown>> & { message_type: string } {
  const left = remainingMs(progress);
  const total = progress.totalBytes;
  return {
    message_type: 'status',
    seconds_elapsed: Math.round(progress.elapsedMs / 1000),
    ...(left === undefined ? {} : { seconds_remaining: Math.round(left / 1000) }),
    ...(total === undefined
      ? {}
      : { percent_done: total === 0 ? 1 : Math.min(1, progress.bytesDone / total) }),
    ...(progress.totalFiles === undefined ? {} : { total_files: progress.totalFiles }),
    files_restored: progress.filesDone,
    ...(total === undefined ? {} : { total_bytes: total }),
    bytes_restored: progress.bytesDone,
    error_count: progress.errors,
    holders: holdersJson(progress.copies),
  };
}

function summaryJson(summary: RestoreSummary): Readonly<Record<string, unknown>> & { message_type: string } {
  return {
    message_type: 'summary',
    snapshot_id: summary.snapshot.id,
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
  for (const { path, code, message } of shown) {
    if (session.mode.json) {
      const line = {
        message_type: 'error',
        error: { message },
        error_code: code,
        during: 'restore',
        item: path,
      };
      session.terminal.stderr.write(`${JSON.stringify(line)}\n`);
    } else session.warn(problemText(path, message));
  }
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
  const line = progressLine(session);
  let saidMs = 0;
  return {
    progress: (progress) => {
      line.update(() => {
        const from = progress.copies.length === 0 ? '' : `  from: ${copiesByHolder(progress.copies)}`;
        return amountsText(progress) + from;
      });
      if (session.mode.quiet || progress.elapsedMs - saidMs < JSON_INTERVAL_MS) return;
      saidMs = progress.elapsedMs;
      session.emit(statusJson(progress));
    },
    summary: (summary) => {
      line.clear();
      warnAbout(session, summary);
      session.emit(summaryJson(summary));
      for (const text of summaryLines(summary)) session.tell(text);
    },
    end: line.clear,
  };
}
