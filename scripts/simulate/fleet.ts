/** Runs tasks on as many child processes as there are cores; a child that dies or hangs costs its task, and is replaced. */
import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import type { Answer, Task } from './virtual-worker.ts';

/** A seed takes seconds; a search for a short history some dozens of them. */
const HANGS_AFTER_MS = 10 * 60_000;
/** A process that has simulated this many meshes makes room for a fresh one, so that a soak of days needs no more memory than an hour. */
const TASKS_PER_PROCESS = 32;

export interface FleetOptions {
  /** The next task; `undefined` when there are no more. */
  readonly next: () => Task | undefined;
  readonly onAnswer: (task: Task, answer: Answer) => void;
  readonly jobs?: number;
  /** Another copy of the source tree, for mutants. */
  readonly root?: string;
}

export const PROJECT: string = path.resolve(import.meta.dirname, '../..');

function failed(task: Task, message: string): Answer {
  return {
    report: {
      seed: task.seed,
      hash: '',
      events: 0,
      virtualMs: 0,
      peers: 0,
      operations: {},
      faults: {},
      repairs: 0,
      bytesMoved: 0,
      healing: { count: 0, p50: 0, p90: 0, max: 0 },
      snapshots: 0,
      chunks: 0,
      breach: { invariant: 'no-bugs', message, atMs: 0 },
    },
  };
}

function ask(child: ChildProcess, task: Task): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS);
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(answer);
    };
    child.once('message', (answer: Answer) => end(answer));
    child.once('exit', (code, signal) =>
      end(failed(task, `the process that ran it ended with ${code ?? signal}`)),
    );
    child.send(task);
  });
}

/** Resolves when there is nothing more to do. */
export async function runFleet({ next, onAnswer, jobs, root = PROJECT }: FleetOptions): Promise<void> {
  const start = (): ChildProcess =>
    fork(path.join(root, 'scripts/simulate/virtual-worker.ts'), { cwd: root });
  const work = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    let tasks = 0;
    for (let task = next(); task; task = next()) {
      if (tasks >= TASKS_PER_PROCESS && child?.connected) child.disconnect();
      if (!child?.connected) {
        child = start();
        tasks = 0;
      }
      tasks += 1;
      onAnswer(task, await ask(child, task));
    }
    if (child?.connected) child.disconnect();
  };
  await Promise.all(Array.from({ length: jobs ?? os.availableParallelism() }, work));
}
