/** What a prune gives up, or would give up: text and JSON. */
import { formatBytes, type PruneProgress, type PruneReport } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { RateMeter } from './rate-meter.ts';
import { count, leftText, printable } from './words.ts';

/** Also part of the summary of `forget --prune`. */
export function pruneFields(report: PruneReport): Readonly<Record<string, unknown>> {
  return {
    dry_run: report.dryRun,
    chunks_kept: report.chunksKept,
    bytes_kept: report.bytesKept,
    chunks_dropped: report.chunksDropped,
    bytes_dropped: report.bytesDropped,
    ...(report.trashUntil === undefined ? {} : { trash_days: report.trashUntil }),
    holders: report.holders,
    other_devices: report.otherDevices.map(({ name, chunks, bytes }) => ({ name, chunks, bytes })),
  };
}

function droppedLine({ dryRun, chunksDropped, bytesDropped }: PruneReport): string {
  const what = `${count(chunksDropped, 'chunk')}, ${formatBytes(bytesDropped)} per copy`;
  if (chunksDropped === 0) return `${dryRun ? 'would drop' : 'dropped  '} nothing: every chunk is needed`;
  return dryRun ? `would drop ${what}` : `dropped   ${what}`;
}

export function pruneLines(report: PruneReport): readonly string[] {
  const lines = [
    droppedLine(report),
    `kept      ${count(report.chunksKept, 'chunk')}, ${formatBytes(report.bytesKept)} per copy`,
  ];
  for (const { name, chunks, bytes } of report.otherDevices) {
    lines.push(
      `stays     ${count(chunks, 'chunk')}, ${formatBytes(bytes)} of what ${report.dryRun ? 'would be' : 'was'} dropped, because ${printable(name)} uses it`,
    );
  }
  if (report.dryRun) return [...lines, 'dry run: nothing was changed'];
  if (report.chunksDropped > 0 && report.trashUntil !== undefined) {
    const days = count(report.trashUntil, 'day');
    lines.push(
      `told      ${count(report.holders, 'holder')}; their trash keeps it for at least ${days}, unless the owner of a peer chose otherwise ("vault undelete")`,
    );
  }
  return lines;
}

function printPrune(session: Session, report: PruneReport): void {
  session.emit({ message_type: 'summary', ...pruneFields(report) });
  for (const line of pruneLines(report)) session.tell(line);
}

export function prunePrinter(session: Session): WorkPrinter<PruneProgress, PruneReport> {
  const meter = new RateMeter();
  return workPrinter(session, {
    line: ({ elapsedMs, done, total }) => {
      meter.note(elapsedMs, done);
      const left = leftText(meter.remainingMs(total));
      return `reading directories: ${done.toLocaleString('en-US')} of ${count(total, 'snapshot')}${left === '' ? '' : `  ${left}`}`;
    },
    status: ({ done, total }) => ({ done, total }),
    summary: (report) => printPrune(session, report),
  });
}
