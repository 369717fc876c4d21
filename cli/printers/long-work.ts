/** How long work shows where it is: a line on the terminal, a JSON line each second, and its summary at the end. */
import { formatDuration, systemClock } from '../../src/index.ts';
import { type LineClock, progressLine } from '../terminal/progress-line.ts';
import type { Session } from '../terminal/session.ts';

/** Of work that reports `T` while it goes on and `S` at its end. */
export interface WorkPrinter<T, S> {
  readonly summary: (summary: S) => void;
  /** Prints something in between; the line is taken off the terminal first. */
  readonly aside: (print: () => void) => void;
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
const BEAT_MS = 1000;
/** What the first seconds of nearly every command are spent with. */
const BEGINNING = 'asking the mesh';

/** Shows `what` and for how long it has lasted, from its second second on; the returned function ends that. */
function beat(session: Session, what: string, clock: LineClock): () => void {
  const line = progressLine(session, clock);
  const startMs = clock.monotonicMs();
  const next = (): void => {
    line.update(() => `${what}  ${formatDuration(clock.monotonicMs() - startMs)}`);
    cancel = clock.schedule(BEAT_MS, next);
  };
  let cancel = clock.schedule(BEAT_MS, next);
  return () => {
    cancel();
    line.clear();
  };
}

/** For work that cannot say how far it is: says what it is about and how long it has lasted. */
export async function whileWorking<T>(
  session: Session,
  what: string,
  work: Promise<T>,
  clock: LineClock = systemClock,
): Promise<T> {
  const end = beat(session, what, clock);
  try {
    return await work;
  } finally {
    end();
  }
}

export function workPrinter<T extends { readonly elapsedMs: number }, S>(
  session: Session,
  words: WorkWords<T, S>,
  clock: LineClock = systemClock,
): WorkPrinter<T, S> {
  const line = progressLine(session, clock);
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
    aside: (print) => {
      line.clear();
      print();
    },
    during: async (work) => {
      const begun = beat(session, BEGINNING, clock);
      try {
        const result = await work((progress) => {
          begun();
          tell(progress);
        });
        begun();
        summary(result);
        return result;
      } finally {
        begun();
        line.clear();
      }
    },
  };
}
