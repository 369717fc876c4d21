/** What `vault copy` has done: one line for each snapshot, what was sent, and which snapshots could not be read. */
import { type CopyProgress, type CopyReport, formatBytes, formatDuration } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { RateMeter } from './rate-meter.ts';
import { tellProblems } from './transfer.ts';
import { amountsText, copiesByHolder, count, holdersJson, localTime, printable, shortId } from './words.ts';

function emit(session: Session, report: CopyReport): void {
  for (const { from, id } of report.copied) {
    session.emit({
      message_type: 'copied',
      original: from.id,
      ...(id === undefined ? {} : { snapshot_id: id }),
      time: new Date(from.timeMs).toISOString(),
      hostname: from.host,
      paths: from.paths,
      tags: from.tags,
      total_files: from.files,
      total_bytes: from.bytes,
    });
  }
  session.emit({
    message_type: 'summary',
    dry_run: report.dryRun,
    snapshots_copied: report.copied.length,
    snapshots_known: report.known,
    unreadable_snapshots: report.problems.length,
    chunks_added: report.chunksAdded,
    data_added: report.dataAdded,
    data_added_packed: report.dataAddedSealed,
    total_duration: report.durationMs / 1000,
    copies_target: report.copiesTarget,
    copies_min: report.copiesMin,
    holders: holdersJson(report.holders),
  });
}

function print(session: Session, report: CopyReport): void {
  tellProblems(session, report.problems, 'copy');
  emit(session, report);
  const { copied, known, dryRun, copiesMin, copiesTarget, holders } = report;
  for (const { from, id } of copied) {
    const of = `${shortId(from.id)} of ${localTime(from.timeMs)}, ${printable(from.host)}: ${printable(from.paths.join(', '))}`;
    const size = `${count(from.files, 'file')}, ${formatBytes(from.bytes)}`;
    session.print(
      id === undefined ? `${of} would be copied (${size})` : `${of} is ${shortId(id)} here (${size})`,
    );
  }
  const rest = `, ${known.toLocaleString('en-US')} here already`;
  if (dryRun) {
    session.tell(`dry run: ${count(copied.length, 'snapshot')} would be copied${rest}`);
    return;
  }
  session.tell(`copied ${count(copied.length, 'snapshot')}${rest}`);
  if (report.chunksAdded > 0) {
    const amount = `${formatBytes(report.dataAdded)} (${formatBytes(report.dataAddedSealed)} sealed, ${count(report.chunksAdded, 'chunk')})`;
    session.tell(`added ${amount} in ${formatDuration(report.durationMs)}`);
  }
  const held = holders.length === 0 ? '' : ` (chunks sent: ${copiesByHolder(holders)})`;
  if (copied.length > 0) session.tell(`copies ${copiesMin} of ${copiesTarget}${held}`);
  if (copiesMin < copiesTarget) {
    session.warn(
      `only ${copiesMin} of ${copiesTarget} copies: too few peers with room. See "vault peers"; "vault repair" makes the others when more are there.`,
    );
  }
}

export function copyPrinter(session: Session): WorkPrinter<CopyProgress, CopyReport> {
  const meter = new RateMeter();
  return workPrinter<CopyProgress, CopyReport>(session, {
    line: (now) => {
      meter.note(now.elapsedMs, now.bytesDone);
      const of = `snapshot ${Math.min(now.snapshotsDone + 1, now.snapshotsTotal)} of ${now.snapshotsTotal}`;
      return `${of}  ${amountsText(now, meter)}`;
    },
    status: (now) => {
      meter.note(now.elapsedMs, now.bytesDone);
      const left = meter.remainingMs(now.totalBytes);
      return {
        ...(left === undefined ? {} : { seconds_remaining: Math.round(left / 1000) }),
        percent_done: now.totalBytes === 0 ? 1 : Math.min(1, now.bytesDone / now.totalBytes),
        snapshots_done: now.snapshotsDone,
        snapshots_total: now.snapshotsTotal,
        files_done: now.filesDone,
        bytes_done: now.bytesDone,
        total_bytes: now.totalBytes,
        bytes_stored: now.bytesStored,
        holders: holdersJson(now.copies),
      };
    },
    summary: (report) => print(session, report),
  });
}
