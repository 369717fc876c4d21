/** What a repair by hand found missing and made, and what it could not make. */
import { formatBytes, type RepairProgress, type RepairReport } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { RateMeter } from './rate-meter.ts';
import { count, leftText, printable, rate } from './words.ts';

/** What nobody has is lost only when nobody is silent. */
export function repairExitCode({ lost, holdersSilent, stillShort }: RepairReport): number {
  if (lost > 0) return exitCodeOf(holdersSilent > 0 ? 'unavailable' : 'lost');
  return stillShort > 0 ? exitCodeOf('fewer-copies') : 0;
}

function repairLines(report: RepairReport): readonly string[] {
  const { chunksShort, copiesMade, bytesMoved, peersRemoved } = report;
  const lines = peersRemoved.length === 0 ? [] : [`given up  ${peersRemoved.map(printable).join(', ')}`];
  if (chunksShort === 0) {
    const which = report.lost > 0 ? 'every other chunk' : 'every chunk';
    return [...lines, `copies    ${which} has all its copies: nothing to repair`];
  }
  return [
    ...lines,
    `short     ${count(chunksShort, 'chunk')} had too few copies`,
    `made      ${count(copiesMade, 'copy', 'copies')}, ${formatBytes(bytesMoved)}`,
  ];
}

function printRepair(session: Session, report: RepairReport): void {
  session.emit({
    message_type: 'summary',
    chunks_short: report.chunksShort,
    copies_made: report.copiesMade,
    bytes_moved: report.bytesMoved,
    chunks_absent: report.lost,
    holders_silent: report.holdersSilent,
    chunks_still_short: report.stillShort,
    peers_removed: report.peersRemoved,
  });
  for (const line of repairLines(report)) session.tell(line);
  if (report.lost > 0) {
    const where =
      report.holdersSilent > 0
        ? `on no holder that answers; ${count(report.holdersSilent, 'holder does', 'holders do')} not`
        : 'lost: no holder has a copy';
    session.warn(
      `${count(report.lost, 'chunk is', 'chunks are')} ${where}. "vault check" says which files need them.`,
    );
  }
  if (report.stillShort > 0) {
    session.warn(
      `${count(report.stillShort, 'chunk still has', 'chunks still have')} too few copies. See "vault peers"; add a peer or start one that is away.`,
    );
  }
}

export function repairPrinter(session: Session): WorkPrinter<RepairProgress, RepairReport> {
  const [chunks, bytes] = [new RateMeter(), new RateMeter()];
  const note = ({ elapsedMs, chunksDone, bytesMoved }: RepairProgress): void => {
    chunks.note(elapsedMs, chunksDone);
    bytes.note(elapsedMs, bytesMoved);
  };
  return workPrinter(session, {
    line: (progress) => {
      note(progress);
      const { chunksDone, chunksTotal, bytesMoved } = progress;
      const perSecond = bytes.perSecond();
      return [
        `copied ${chunksDone.toLocaleString('en-US')} of ${count(chunksTotal, 'chunk')}`,
        formatBytes(bytesMoved),
        perSecond === undefined ? '' : rate(perSecond, 1000),
        leftText(chunks.remainingMs(chunksTotal)),
      ]
        .filter((part) => part !== '')
        .join('  ');
    },
    status: ({ chunksDone, chunksTotal, bytesMoved }) => ({
      chunks_done: chunksDone,
      total_chunks: chunksTotal,
      bytes_moved: bytesMoved,
    }),
    summary: (report) => printRepair(session, report),
  });
}
