/** One line on a terminal that is rewritten in place, at most ten times a second, and gone when the command ends. */
import { systemClock } from '../../src/index.ts';
import type { Session } from './session.ts';

const REDRAW_MS = 100;

export interface ProgressLine {
  /** Draws the newest text; `text` is only asked when it is time to draw. */
  readonly update: (text: () => string) => void;
  /** Wipes the line, so that results start on a clean one. */
  readonly clear: () => void;
}

const SILENT: ProgressLine = { update: () => undefined, clear: () => undefined };

/** Draws only when stderr is a terminal and neither -q nor --json was given. */
export function progressLine(session: Session): ProgressLine {
  const { stderr } = session.terminal;
  if (stderr.isTTY !== true || session.mode.quiet || session.mode.json) return SILENT;
  let drawnAt = 0;
  let visible = false;
  return {
    update: (text) => {
      const now = systemClock.monotonicMs();
      if (now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      visible = true;
      const room = (stderr.columns || 80) - 1;
      stderr.write(`\r\u001b[K${text().slice(0, room)}`);
    },
    clear: () => {
      if (visible) stderr.write('\r\u001b[K');
      visible = false;
    },
  };
}
