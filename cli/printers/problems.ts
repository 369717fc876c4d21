/** The exit code of a command that did its work except for some paths. */
import type { PathProblem } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';

const WORST_FIRST = ['rollback', 'lost', 'unavailable', 'no-space', 'io', 'fewer-copies'] as const;

/** The worst of what failed: an alarm, lost or corrupt data, data that is unavailable now, no space, anything else, and only copies that are fewer than they should be. */
export function worstExitCode(problems: readonly PathProblem[]): number {
  const codes = new Set(problems.map(({ code }) => exitCodeOf(code)));
  for (const code of WORST_FIRST.map(exitCodeOf)) {
    if (codes.has(code)) return code;
  }
  return codes.size > 0 ? 1 : 0;
}
