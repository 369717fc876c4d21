/** What a backup says while it runs and when it is done: text and JSON side by side, and the exit code of a summary. */
import {
  type BackupItem,
  type BackupProgress,
  type BackupSummary,
  formatBytes,
  formatDuration,
} from '../../src/index.ts';
import { DONE_BUT_UNREADABLE, exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import type { WorkPrinter } from './long-work.ts';
import { type JsonLine, tellProblems, transferPrinter } from './transfer.ts';
import { copiesByHolder, count, holdersJson, printable, shortId } from './words.ts';

export interface BackupPrinter extends WorkPrinter<BackupProgress, BackupSummary> {
  /** A file or link that is new or has changed. */
  readonly item: (item: BackupItem) => void;
}

/** What is not in the snapshot as it was found counts like restic's 3. Too few copies is worse than files that could not be read: nobody sees it in the source. */
export function backupExitCode(summary: BackupSummary): number {
  if (!summary.dryRun && summary.copiesMin < summary.copiesTarget) return exitCodeOf('fewer-copies');
  return summary.unreadableCount + summary.vanished > 0 ? DONE_BUT_UNREADABLE : 0;
}

function summaryJson(summary: BackupSummary): JsonLine {
  return {
    message_type: 'summary',
    ...(summary.dryRun ? { dry_run: true } : {}),
    files_new: summary.filesNew,
    files_changed: summary.filesChanged,
    files_unmodified: summary.filesUnmodified,
    special_skipped: summary.specialSkipped,
    data_added: summary.dataAdded,
    data_added_packed: summary.dataAddedSealed,
    chunks_added: summary.chunksAdded,
    total_files_processed: summary.filesProcessed,
    total_dirs_processed: summary.directories,
    total_links_processed: summary.links,
    total_specials_processed: summary.specials,
    total_bytes_processed: summary.bytesProcessed,
    backup_start: new Date(summary.startedMs).toISOString(),
    backup_end: new Date(summary.startedMs + summary.durationMs).toISOString(),
    total_duration: summary.durationMs / 1000,
    ...(summary.snapshotId === undefined ? {} : { snapshot_id: summary.snapshotId }),
    ...(summary.unchangedSince === undefined ? {} : { unchanged_since: summary.unchangedSince }),
    copies_target: summary.copiesTarget,
    copies_min: summary.copiesMin,
    holders: holdersJson(summary.holders),
    files_unreadable: summary.unreadableCount,
    files_vanished: summary.vanished,
    files_changed_while_read: summary.changedWhileRead,
    files_excluded: summary.excluded,
  };
}

function summaryLines(summary: BackupSummary): readonly string[] {
  const processed = `${count(summary.filesProcessed, 'file')}, ${formatBytes(summary.bytesProcessed)}`;
  const lines = [
    `files     ${count(summary.filesNew, 'new', 'new')}, ${count(summary.filesChanged, 'changed', 'changed')}, ${count(summary.filesUnmodified, 'unmodified', 'unmodified')}`,
    `${summary.dryRun ? 'would add' : 'added    '} ${formatBytes(summary.dataAdded)} (${formatBytes(summary.dataAddedSealed)} sealed, ${count(summary.chunksAdded, 'chunk')})`,
    `processed ${processed} in ${formatDuration(summary.durationMs)}`,
  ];
  if (summary.specialSkipped > 0) {
    lines.push(`skipped   ${count(summary.specialSkipped, 'socket')}`);
  }
  if (summary.excluded > 0)
    lines.push(`excluded  ${count(summary.excluded, 'file or folder', 'files or folders')}`);
  const { unchangedSince } = summary;
  if (unchangedSince !== undefined && summary.snapshotId === undefined)
    lines.push(
      `unchanged since snapshot ${shortId(unchangedSince)}${summary.dryRun ? '' : ': no new one was made'}`,
    );
  if (summary.dryRun) return [...lines, 'dry run: nothing was sent'];
  const held = summary.holders.length === 0 ? '' : ` (chunks sent: ${copiesByHolder(summary.holders)})`;
  lines.push(`copies    ${summary.copiesMin} of ${summary.copiesTarget}${held}`);
  if (summary.snapshotId !== undefined) lines.push(`snapshot  ${shortId(summary.snapshotId)} saved`);
  return lines;
}

function warnAbout(session: Session, summary: BackupSummary): void {
  tellProblems(session, summary.unreadable, 'archival');
  const more = summary.unreadableCount - summary.unreadable.length;
  if (more > 0) session.warn(`and ${count(more, 'more file')} could not be read`);
  if (summary.vanished > 0) {
    session.warn(`${count(summary.vanished, 'file')} vanished before being read and are not in the snapshot`);
  }
  if (summary.changedWhileRead > 0) {
    session.warn(
      `${count(summary.changedWhileRead, 'file')} changed while being read; the next backup reads them again`,
    );
  }
  if (!summary.dryRun && summary.copiesMin < summary.copiesTarget) {
    session.warn(
      `only ${summary.copiesMin} of ${summary.copiesTarget} copies: too few peers with room. See "vault peers"; run the backup again when more are there.`,
    );
  }
}

export function backupPrinter(session: Session): BackupPrinter {
  const printer = transferPrinter<BackupProgress, BackupSummary>(session, {
    label: 'copies',
    status: (now) => ({
      files_done: now.filesDone,
      bytes_done: now.bytesDone,
      bytes_stored: now.bytesStored,
      ...(now.currentPath === undefined ? {} : { current_files: [now.currentPath] }),
    }),
    warn: warnAbout,
    json: summaryJson,
    lines: summaryLines,
  });
  return {
    ...printer,
    item: ({ path, change, bytes }) => {
      const action = change === 'new' ? 'new' : 'modified';
      session.emit({ message_type: 'verbose_status', action, item: path, data_size: bytes });
      const word = change === 'new' ? 'new      ' : 'changed  ';
      printer.aside(() => session.tell(`${word} ${printable(path)} (${formatBytes(bytes)})`));
    },
  };
}
