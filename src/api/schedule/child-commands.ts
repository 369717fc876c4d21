/**
 * Starts `vault` and shell commands as processes of their own (decision 37): a backup that crashes or runs out of memory takes no peer with
 * it. A child follows its parent: SIGTERM when the run is to stop, and by its channel also when the peer was killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { KiB, MiB } from '../../model/units.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Commands, ShellOutcome, VaultOutcome } from './commands.ts';

/** A backup that is told to stop has this long. */
const STOP_MS = 20_000;
const SHELL_MS = 3_600_000;
const SHELL_STOP_MS = 2000;
const LEFT_OPEN_MS = 1000;
const LONGEST_LINE: number = 4 * MiB;
const TAIL: number = 2 * KiB;
const MOST_PROBLEMS = 16;
const NOT_STARTED = 127;
/** The launcher's own, so that the child need not begin anew with them, and keeps its channel. */
const PASSED_FLAGS = /^--(max-semi-space-size|heap-growing-percent)=/;
/** No secret of this process, and no way to one, goes on to another. */
const SECRETS = /^VAULT_(NEW_|INVITATION_)?PASSWORD/;

export interface ChildCommandsOptions {
  /** Path of the launcher, `cli/vault.mjs`. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

export function childCommands({ program, env, clock }: ChildCommandsOptions): Commands {
  const base: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !SECRETS.test(name)) base[name] = value;
  }
  const flags = process.execArgv.filter((flag) => PASSED_FLAGS.test(flag));
  return {
    vault: ([command = 'help', ...args], added, signal) => {
      const child = spawn(process.execPath, [...flags, program, command, '--json', ...args], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { ...base, ...added },
      });
      return followVault(child, signal, clock);
    },
    shell: (command, added, signal, graceMs = 0) => {
      // A group of its own: what it has started ends with it.
      const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
      const child = spawn(command, { shell: true, stdio, detached: true, env: { ...base, ...added } });
      return followShell(child, signal, graceMs, clock);
    },
  };
}

async function followVault(child: ChildProcess, signal: AbortSignal, clock: Clock): Promise<VaultOutcome> {
  const messages: Record<string, unknown>[] = [];
  const problems: string[] = [];
  eachLine(child.stdout, (line) => {
    const message = objectIn(line);
    if (message && message.message_type !== 'status') messages.push(message);
  });
  eachLine(child.stderr, (line) => {
    problems.push(problemOf(line));
    if (problems.length > MOST_PROBLEMS) problems.shift();
  });
  const { code, error } = await gone(child, clock, signal, {
    kill: (name) => child.kill(name),
    graceMs: 0,
    stopMs: STOP_MS,
  });
  if (error !== undefined) problems.push(error);
  return { exitCode: code, finished: !signal.aborted, messages, problems };
}

async function followShell(
  child: ChildProcess,
  signal: AbortSignal,
  graceMs: number,
  clock: Clock,
): Promise<ShellOutcome> {
  let tail = '';
  const keep = (part: Buffer): void => {
    tail = (tail + part.toString('utf8')).slice(-TAIL);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const kill = (name: NodeJS.Signals): void => killGroup(child, name);
  let tooLong = false;
  const cancel = clock.schedule(SHELL_MS, () => {
    tooLong = true;
    kill('SIGKILL');
  });
  const { code, error } = await gone(child, clock, signal, { kill, graceMs, stopMs: SHELL_STOP_MS });
  cancel();
  const why = tooLong ? 'it took longer than an hour' : error;
  return { exitCode: code, tail: [tail.trim(), why].filter(Boolean).join('\n') };
}

interface Ending {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** From the abort to SIGTERM, and from there to SIGKILL. */
  readonly graceMs: number;
  readonly stopMs: number;
}

/** Resolves when the child is gone. 128 + n for a death by signal, as shells count. */
function gone(
  child: ChildProcess,
  clock: Clock,
  signal: AbortSignal,
  { kill, graceMs, stopMs }: Ending,
): Promise<{ readonly code: number; readonly error?: string }> {
  return new Promise((resolve) => {
    let cancel = (): void => undefined;
    const stop = (): void => {
      kill('SIGTERM');
      cancel = clock.schedule(stopMs, () => kill('SIGKILL'));
    };
    const onAbort = (): void => {
      if (graceMs === 0) stop();
      else cancel = clock.schedule(graceMs, stop);
    };
    const done = (code: number, error?: string): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(error === undefined ? { code } : { code, error });
    };
    const ended = (code: number | null, name: NodeJS.Signals | null): void => {
      if (code !== null) done(code);
      else done(128 + (name ? constants.signals[name] : 0), `it was ended by ${name}`);
    };
    child.on('error', (error) => done(NOT_STARTED, error.message));
    child.on('close', ended);
    // What a shell has left running in the background keeps its output open.
    child.on('exit', (code, name) => void clock.schedule(LEFT_OPEN_MS, () => ended(code, name)));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal); // no groups here, or gone already
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (part: string) => {
    const lines = (rest + part).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) if (line !== '') take(line);
  });
  stream?.on('end', () => {
    if (rest !== '') take(rest);
  });
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a JSON line of an error or a warning its words; any other line as it is. */
function problemOf(line: string): string {
  const { message, error, hint } = objectIn(line) ?? {};
  const inner = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  const words = [message ?? inner, hint].filter((each) => typeof each === 'string');
  return words.length === 0 ? line : words.join(' ');
}
