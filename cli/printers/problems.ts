/** The exit code of a command that did its work except for some paths. */
import type { PathProblem } from '../../src/index.ts';
import { exitCodeOf } from '../exit-codes.ts';

/** The worst of what failed: lost or corrupt data, then data that is unavailable now, then no space, then the rest. */
export function worstExitCode(problems: readonly PathProblem[]): number {
  const codes = new Set(problems.map(({ code }) => exitCodeOf(code)));
  for (const code of [exitCodeOf('lost'), exitCodeOf('unavailable'), exitCodeOf('no-space')]) {
    if (codes.has(code)) return code;
  }
  return codes.size > 0 ? 1 : 0;
}
