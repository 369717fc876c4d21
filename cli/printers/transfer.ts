/** What a backup and a restore say alike: how far they are, on the terminal's line and in JSON, and which paths failed. */
import type { HolderCopies, PathProblem } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';
import type { Session } from '../terminal/session.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { RateMeter } from './rate-meter.ts';
import {
  type Amounts,
  amountsMoved,
  amountsText,
  copiesByHolder,
  holdersJson,
  problemText,
} from './words.ts';

export type JsonLine = Readonly<Record<string, unknown>> & { readonly message_type: string };

/** Progress of either. */
export interface Transfer extends Amounts {
  readonly totalFiles?: number;
  readonly copies: readonly HolderCopies[];
}

/** What differs between the two. */
export interface TransferWords<T extends Transfer, S> {
  /** What the holders' numbers are: "copies", "from". */
  readonly label: string;
  /** Fields of a status line that only this one has. */
  readonly status: (progress: T) => Readonly<Record<string, unknown>>;
  readonly warn: (session: Session, summary: S) => void;
  readonly json: (summary: S) => JsonLine;
  readonly lines: (summary: S) => readonly string[];
}

/** `own`: the fields that only one of the two has. */
function statusFields(
  progress: Transfer,
  left: number | undefined,
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const total = progress.totalBytes;
  return {
    ...(left === undefined ? {} : { seconds_remaining: Math.round(left / 1000) }),
    ...(total === undefined
      ? {}
      : { percent_done: total === 0 ? 1 : Math.min(1, progress.bytesDone / total), total_bytes: total }),
    ...(progress.totalFiles === undefined ? {} : { total_files: progress.totalFiles }),
    ...own,
    holders: holdersJson(progress.copies),
  };
}

export function transferPrinter<T extends Transfer, S>(
  session: Session,
  words: TransferWords<T, S>,
): WorkPrinter<T, S> {
  const meter = new RateMeter();
  return workPrinter<T, S>(session, {
    line: (progress) => {
      meter.note(progress.elapsedMs, amountsMoved(progress).done);
      const copies =
        progress.copies.length === 0 ? '' : `  ${words.label}: ${copiesByHolder(progress.copies)}`;
      return amountsText(progress, meter) + copies;
    },
    status: (progress) => {
      meter.note(progress.elapsedMs, amountsMoved(progress).done);
      return statusFields(progress, meter.remainingMs(amountsMoved(progress).total), words.status(progress));
    },
    summary: (result) => {
      words.warn(session, result);
      session.emit(words.json(result));
      for (const text of words.lines(result)) session.tell(text);
    },
  });
}

/** One line for each path that failed: a warning, or JSON on standard error with restic's `during`. */
export function tellProblems(
  session: Session,
  problems: readonly PathProblem[],
  during: 'archival' | 'restore' | 'check' | 'export' | 'rewrite' | 'copy',
): void {
  for (const { path, code, message } of problems) {
    if (session.mode.json) {
      const line: JsonLine = {
        message_type: 'error',
        error: { message },
        error_code: code,
        code: exitCodeOf(code),
        during,
        item: path,
      };
      session.terminal.stderr.write(`${JSON.stringify(line)}\n`);
    } else session.warn(problemText(path, message));
  }
}
