/** Where long work is: one line on a terminal that is rewritten in place; elsewhere a plain line now and then. Results start on a clean line. */
import { formatDuration, systemClock } from '../../src/index.ts';
import type { Session } from './session.ts';

/** What keeps time for it. */
export type LineClock = Pick<typeof systemClock, 'monotonicMs' | 'schedule'>;

const REDRAW_MS = 100;
/** A log or a mail wants a sign of life, not a film. */
const PLAIN_MS = 30_000;
const TICK_MS = 1000;
/** Longer without news is said: a number that stands still could also be a program that hangs. */
const QUIET_MS = 5000;

export interface ProgressLine {
  /** Draws the newest text; `text` is only asked when it is time to draw. */
  readonly update: (text: () => string) => void;
  /** Wipes the line and ends it. */
  readonly clear: () => void;
}

const SILENT: ProgressLine = { update: () => undefined, clear: () => undefined };

/** Draws nothing with -q and --json. */
export function progressLine(session: Session, clock: LineClock = systemClock): ProgressLine {
  const { mode, terminal } = session;
  if (mode.quiet || mode.json) return SILENT;
  return new DrawnLine(terminal.stderr, clock);
}

class DrawnLine implements ProgressLine {
  readonly #stream: Session['terminal']['stderr'];
  readonly #clock: LineClock;
  readonly #everyMs: number;
  #text: (() => string) | undefined;
  #drawnAt: number;
  #newsAt: number;
  #visible = false;
  #cancel: (() => void) | undefined;

  constructor(stream: Session['terminal']['stderr'], clock: LineClock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#everyMs = stream.isTTY === true ? REDRAW_MS : PLAIN_MS;
    this.#newsAt = clock.monotonicMs();
    // A terminal shows the first news at once; a log only of work that takes long.
    this.#drawnAt = stream.isTTY === true ? Number.NEGATIVE_INFINITY : this.#newsAt;
  }

  readonly update = (text: () => string): void => {
    this.#text = text;
    this.#newsAt = this.#clock.monotonicMs();
    this.#draw();
    this.#cancel ??= this.#clock.schedule(TICK_MS, this.#tick);
  };

  readonly clear = (): void => {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#text = undefined;
    if (this.#visible) this.#stream.write('\r\u001b[K');
    this.#visible = false;
  };

  readonly #tick = (): void => {
    this.#cancel = this.#clock.schedule(TICK_MS, this.#tick);
    if (this.#clock.monotonicMs() - this.#newsAt >= TICK_MS) this.#draw();
  };

  #draw(): void {
    const now = this.#clock.monotonicMs();
    if (!this.#text || now - this.#drawnAt < this.#everyMs) return;
    this.#drawnAt = now;
    const silentMs = now - this.#newsAt;
    const text = this.#text() + (silentMs < QUIET_MS ? '' : `  (no news for ${formatDuration(silentMs)})`);
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${text}\n`);
      return;
    }
    this.#visible = true;
    this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns || 80) - 1)}`);
  }
}
