/** The exit code of a command that did its work except for some paths. */
import type { PathProblem, SentReport } from '../../src/index.ts';
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

/** A snapshot that could not be read is worse than copies that are missing yet; a dry run sends none. */
export function sentExitCode({ problems, copiesMin, copiesTarget, dryRun }: SentReport): number {
  if (problems.length > 0) return worstExitCode(problems);
  return !dryRun && copiesMin < copiesTarget ? exitCodeOf('fewer-copies') : 0;
}
