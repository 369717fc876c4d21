/** Runs one command in a child that measures it (measure-main.ts), after the disks have come to rest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { MeasureWord } from './measure-words.ts';
import type { Sample } from './sample.ts';
import type { Workspace } from './workspace.ts';

const CHILD = path.join(import.meta.dirname, 'measure-main.ts');
const KEPT = 64 * 1024;

export interface Command {
  /** Program and arguments. */
  readonly line: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called for each line of its standard output. */
  readonly onLine?: (line: string) => void;
  /** Called for each line of its standard error. */
  readonly onComplaint?: (line: string) => void;
  /** Called some 50 times a second: the command's process id, and what it has written so far. */
  readonly onProgress?: (pid: number, writtenBytes: number) => void;
}

type Done = Extract<MeasureWord, { kind: 'done' }>;

/** What is written later is not paid for by the next command. */
async function settleDisks(workspace: Workspace): Promise<void> {
  await once(workspace.watch(spawn('sync', { stdio: 'ignore' })), 'exit');
}

function lines(
  child: ChildProcess,
  from: 'stdout' | 'stderr',
  onLine?: (line: string) => void,
): () => string {
  let [tail, rest] = ['', ''];
  child[from]?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-KEPT);
    if (!onLine) return;
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) onLine(line);
  });
  return () => tail;
}

/** Throws, with what the command complained about, unless it ends with 0. */
export async function measure(workspace: Workspace, command: Command): Promise<Sample> {
  if (workspace.settle) await settleDisks(workspace);
  const child = workspace.watch(
    spawn(process.execPath, [CHILD, ...command.line], {
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    }),
  );
  let done: Done | undefined;
  let failure: string | undefined;
  child.on('message', (word: MeasureWord) => {
    if (word.kind === 'failed') failure = word.message;
    if (word.kind === 'done') done = word;
    if (word.kind === 'progress') command.onProgress?.(word.pid, word.writtenBytes);
  });
  const said = lines(child, 'stdout', command.onLine);
  const complaints = lines(child, 'stderr', command.onComplaint);
  await once(child, 'close');
  const name = command.line.slice(0, 4).join(' ');
  if (!done) throw new Error(`${name} could not be measured: ${failure ?? complaints().trim()}`);
  const { end, wallMs, cpuMs, peakRssBytes, writtenBytes } = done;
  if (end !== 0)
    throw new Error(`${name} ended with ${end}: ${(complaints() || said()).trim().slice(-2000)}`);
  return { wallMs, cpuMs, peakRssBytes, writtenBytes };
}
