/** What a check found: where it is meanwhile, every error once, and how much was looked at. */
import { type CheckProgress, type CheckReport, formatBytes, formatDuration } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { worstExitCode } from './problems.ts';
import { RateMeter } from './rate-meter.ts';
import { tellProblems } from './transfer.ts';
import { count, leftText, rate } from './words.ts';

const SHOWN_ERRORS = 50;

/** 24 when data is lost or corrupt, 23 when it is unavailable now. */
export function checkExitCode(report: Pick<CheckReport, 'errors' | 'ok'>): number {
  return report.ok ? 0 : Math.max(1, worstExitCode(report.errors));
}

/** What a check counts: snapshots walked, then chunks read. */
class CheckMeters {
  readonly #bytes = new RateMeter();
  readonly #steps = { snapshots: new RateMeter(), data: new RateMeter() };

  note({ elapsedMs, stage, done, bytesDone }: CheckProgress): void {
    this.#steps[stage].note(elapsedMs, done);
    if (stage === 'data') this.#bytes.note(elapsedMs, bytesDone);
  }

  bytesPerSecond(): number | undefined {
    return this.#bytes.perSecond();
  }

  leftMs({ stage, total }: CheckProgress): number | undefined {
    return this.#steps[stage].remainingMs(total);
  }
}

function progressText(progress: CheckProgress, meters: CheckMeters): string {
  meters.note(progress);
  const { stage, done, total, bytesDone, errors } = progress;
  const perSecond = meters.bytesPerSecond();
  const left = leftText(meters.leftMs(progress));
  const parts =
    stage === 'snapshots'
      ? [`snapshots ${done} of ${total}`, left]
      : [
          `reading chunk ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`,
          formatBytes(bytesDone),
          perSecond === undefined ? '' : rate(perSecond, 1000),
          left,
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
  const meters = new CheckMeters();
  const secondsLeft = (progress: CheckProgress): Readonly<Record<string, number>> => {
    meters.note(progress);
    const left = meters.leftMs(progress);
    return left === undefined ? {} : { seconds_remaining: Math.round(left / 1000) };
  };
  return workPrinter(session, {
    line: (progress) => progressText(progress, meters),
    status: (progress) => ({
      ...secondsLeft(progress),
      stage: progress.stage,
      done: progress.done,
      total: progress.total,
      bytes_done: progress.bytesDone,
      ...(progress.totalBytes === undefined ? {} : { total_bytes: progress.totalBytes }),
      error_count: progress.errors,
    }),
    summary: (report) => printCheck(session, report),
  });
}
