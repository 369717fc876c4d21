/** How long work shows where it is: one line on the terminal, a JSON line each second, and its summary at the end. */
import { progressLine } from '../terminal/progress-line.ts';
import type { Session } from '../terminal/session.ts';

/** Of work that reports `T` while it goes on and `S` at its end. */
export interface WorkPrinter<T, S> {
  readonly summary: (summary: S) => void;
  /** Takes the line off the terminal, for something else to be printed. */
  readonly clear: () => void;
  /** Runs `work`, shows how far it is, and prints its summary; whatever happens, the line is taken off the terminal. */
  readonly during: (work: (onProgress: (progress: T) => void) => Promise<S>) => Promise<S>;
}

export interface WorkWords<T, S> {
  /** The terminal's line. */
  readonly line: (progress: T) => string;
  /** Fields of a JSON status line. */
  readonly status: (progress: T) => Readonly<Record<string, unknown>>;
  readonly summary: (summary: S) => void;
}

const JSON_INTERVAL_MS = 1000;

export function workPrinter<T extends { readonly elapsedMs: number }, S>(
  session: Session,
  words: WorkWords<T, S>,
): WorkPrinter<T, S> {
  const line = progressLine(session);
  let saidMs = 0;
  const tell = (progress: T): void => {
    line.update(() => words.line(progress));
    if (session.mode.quiet || progress.elapsedMs - saidMs < JSON_INTERVAL_MS) return;
    saidMs = progress.elapsedMs;
    session.emit({
      message_type: 'status',
      seconds_elapsed: Math.round(progress.elapsedMs / 1000),
      ...words.status(progress),
    });
  };
  const summary = (result: S): void => {
    line.clear();
    words.summary(result);
  };
  return {
    summary,
    clear: line.clear,
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
