/** What a backup and a restore say alike: how far they are, on the terminal's line and in JSON, and which paths failed. */
import type { HolderCopies, PathProblem } from '../../src/index.ts';
import { progressLine } from '../terminal/progress-line.ts';
import type { Session } from '../terminal/session.ts';
import { type Amounts, amountsText, copiesByHolder, holdersJson, problemText, remainingMs } from './words.ts';

export type JsonLine = Readonly<Record<string, unknown>> & { readonly message_type: string };

/** Progress of either. */
export interface Transfer extends Amounts {
  readonly totalFiles?: number;
  readonly copies: readonly HolderCopies[];
}

/** What is said of a run that reports `T` while it goes on and `S` at its end. */
export interface TransferPrinter<T extends Transfer, S> {
  readonly summary: (summary: S) => void;
  /** Runs `work`, shows how far it is, and prints its summary; whatever happens, the line is taken off the terminal. */
  readonly during: (work: (onProgress: (progress: T) => void) => Promise<S>) => Promise<S>;
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

const JSON_INTERVAL_MS = 1000;

/** `own`: the fields that only one of the two has. */
function statusJson(progress: Transfer, own: Readonly<Record<string, unknown>>): JsonLine {
  const left = remainingMs(progress);
  const total = progress.totalBytes;
  return {
    message_type: 'status',
    seconds_elapsed: Math.round(progress.elapsedMs / 1000),
    ...(left === undefined ? {} : { seconds_remaining: Math.round(left / 1000) }),
    ...(total === undefined
      ? {}
      : { percent_done: total === 0 ? 1 : Math.min(1, progress.bytesDone / total), total_bytes: total }),
    ...(progress.totalFiles === undefined ? {} : { total_files: progress.totalFiles }),
    ...own,
    holders: holdersJson(progress.copies),
  };
}

/** The terminal's line at each call, a JSON line each second. */
function progressTeller<T extends Transfer>(
  session: Session,
  line: ReturnType<typeof progressLine>,
  { label, status }: Pick<TransferWords<T, never>, 'label' | 'status'>,
): (progress: T) => void {
  let saidMs = 0;
  return (progress) => {
    line.update(() => {
      const copies = progress.copies.length === 0 ? '' : `  ${label}: ${copiesByHolder(progress.copies)}`;
      return amountsText(progress) + copies;
    });
    if (session.mode.quiet || progress.elapsedMs - saidMs < JSON_INTERVAL_MS) return;
    saidMs = progress.elapsedMs;
    session.emit(statusJson(progress, status(progress)));
  };
}

export function transferPrinter<T extends Transfer, S>(
  session: Session,
  words: TransferWords<T, S>,
): TransferPrinter<T, S> {
  const line = progressLine(session);
  const tell = progressTeller<T>(session, line, words);
  const summary = (result: S): void => {
    line.clear();
    words.warn(session, result);
    session.emit(words.json(result));
    for (const text of words.lines(result)) session.tell(text);
  };
  return {
    summary,
    during: async (work) => {
      try {
        const result = await work(tell);
        summary(result);
        return result;
      } finally {
        line.clear();
      }
    },
  };
}

/** One line for each path that failed: a warning, or JSON on standard error with restic's `during`. */
export function tellProblems(
  session: Session,
  problems: readonly PathProblem[],
  during: 'archival' | 'restore',
): void {
  for (const { path, code, message } of problems) {
    if (session.mode.json) {
      const line: JsonLine = {
        message_type: 'error',
        error: { message },
        error_code: code,
        during,
        item: path,
      };
      session.terminal.stderr.write(`${JSON.stringify(line)}\n`);
    } else session.warn(problemText(path, message));
  }
}
