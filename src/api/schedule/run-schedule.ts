/** One run of a schedule, from the command before it to the one after it: what is done in which order, and what counts as a backup. */
import { VaultError } from '../../model/errors.ts';
import type { Commands, Environment, VaultOutcome } from './commands.ts';
import type { RunEnd, RunSummary, Schedule } from './schedule-types.ts';

/** A backup came: whole, without some unreadable files, or on fewer copies than asked. */
const CAME: readonly number[] = [0, 3, 21];
const DENIED = 1;
/** Snapshots of a schedule carry this tag, and the policy looks at no others: what a person made by hand is not forgotten by it. */
const TAG = 'schedule:';
/** The command after a backup undoes what the one before it did, also when the run is stopped: it gets this long then. */
const AFTER_GRACE_MS = 10_000;

export interface RunParts {
  readonly commands: Commands;
  /** The file to read the passphrase from. Throws 'denied', 'usage'. */
  readonly secretFile: (schedule: Schedule) => Promise<string>;
  readonly hostName: string;
}

export interface RunOptions {
  /** Whether the retention policy is applied after the backup. */
  readonly tidy: boolean;
  readonly signal: AbortSignal;
}

/** Never rejects: what goes wrong is in its end. */
export async function runSchedule(schedule: Schedule, parts: RunParts, options: RunOptions): Promise<RunEnd> {
  const { commands } = parts;
  const { signal } = options;
  const { before, after, name } = schedule;
  const hookEnv: Environment = { VAULT_HOME: schedule.home, VAULT_SCHEDULE: name };
  let secret: string;
  try {
    secret = await parts.secretFile(schedule);
  } catch (error) {
    return { outcome: 'not-begun', exitCode: DENIED, problems: [wordsOf(error)] };
  }
  if (before !== undefined) {
    const { exitCode, tail } = await commands.shell(before, hookEnv, signal);
    if (signal.aborted) return { outcome: 'stopped', problems: [] };
    if (exitCode !== 0) {
      return { outcome: 'not-begun', exitCode, problems: [hookProblem('before', exitCode, tail)] };
    }
  }
  // Days of the policy and times of the limit are those of the schedule.
  const TZ = schedule.timing.timeZone;
  const env: Environment = { VAULT_HOME: schedule.home, VAULT_PASSWORD_FILE: secret, TZ };
  const end = await backUp(schedule, commands, env, signal);
  const tidied = end.outcome === 'done' && options.tidy ? await tidy(schedule, parts, env, end, signal) : end;
  if (after === undefined) return tidied;
  const { exitCode, tail } = await commands.shell(
    after,
    { ...hookEnv, ...resultEnv(tidied) },
    signal,
    AFTER_GRACE_MS,
  );
  if (exitCode === 0) return tidied;
  return { ...tidied, problems: [...tidied.problems, hookProblem('after', exitCode, tail)] };
}

async function backUp(
  schedule: Schedule,
  commands: Commands,
  env: Environment,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { limitUpload } = schedule;
  const outcome = await commands.vault(
    [
      'backup',
      ...schedule.excludes.map((pattern) => `--exclude=${pattern}`),
      ...schedule.excludeFiles.map((file) => `--exclude-file=${file}`),
      ...[tagOf(schedule), ...schedule.tags].map((tag) => `--tag=${tag}`),
      ...(limitUpload === undefined ? [] : [`--limit-upload=${limitUpload}`]),
      '--',
      ...schedule.paths,
    ],
    env,
    signal,
  );
  const { exitCode, problems } = outcome;
  const summary = outcome.messages.findLast((message) => message.message_type === 'summary');
  const came = CAME.includes(exitCode) && summary !== undefined;
  return {
    outcome: came ? 'done' : outcome.finished ? 'failed' : 'stopped',
    exitCode,
    ...(typeof summary?.snapshot_id === 'string' ? { snapshotId: summary.snapshot_id } : {}),
    ...(summary ? { summary: summaryOf(summary) } : {}),
    problems: came && exitCode === 0 ? [] : problems,
  };
}

async function tidy(
  schedule: Schedule,
  { commands, hostName }: RunParts,
  env: Environment,
  end: RunEnd,
  signal: AbortSignal,
): Promise<RunEnd> {
  if (schedule.keep.length === 0 || signal.aborted) return end;
  const outcome = await commands.vault(
    ['forget', ...schedule.keep, `--host=${hostName}`, `--tag=${tagOf(schedule)}`, '--prune'],
    env,
    signal,
  );
  if (outcome.exitCode === 0) return { ...end, forgotten: removedBy(outcome) };
  const problems = outcome.problems.map((problem) => `forget: ${problem}`);
  return { ...end, problems: [...end.problems, `forget ended with ${outcome.exitCode}`, ...problems] };
}

function tagOf({ name }: Schedule): string {
  return `${TAG}${name}`;
}

function removedBy({ messages }: VaultOutcome): number {
  const summary = messages.findLast((message) => message.message_type === 'summary');
  return countIn(summary ?? {}, 'snapshots_removed');
}

function summaryOf(message: Readonly<Record<string, unknown>>): RunSummary {
  return {
    filesNew: countIn(message, 'files_new'),
    filesChanged: countIn(message, 'files_changed'),
    dataAdded: countIn(message, 'data_added'),
    filesUnreadable: countIn(message, 'files_unreadable'),
    copiesMin: countIn(message, 'copies_min'),
    copiesTarget: countIn(message, 'copies_target'),
  };
}

function countIn(message: Readonly<Record<string, unknown>>, key: string): number {
  const value = message[key];
  return typeof value === 'number' ? value : 0;
}

function resultEnv({ outcome, exitCode, snapshotId }: RunEnd): Environment {
  return {
    VAULT_OUTCOME: outcome,
    VAULT_EXIT_CODE: String(exitCode ?? ''),
    VAULT_SNAPSHOT: snapshotId ?? '',
  };
}

function hookProblem(which: string, exitCode: number, tail: string): string {
  const said = tail.split('\n').filter(Boolean).at(-1);
  return `the command ${which} the backup ended with ${exitCode}${said === undefined ? '' : `: ${said}`}`;
}

function wordsOf(error: unknown): string {
  if (error instanceof VaultError) return [error.message, error.hint].filter(Boolean).join('. ');
  return error instanceof Error ? error.message : String(error);
}
