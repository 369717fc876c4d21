/** A child process that runs seeds one after the other and sends each report to its parent; what goes wrong in it stays in it. */
import type { SimulationReport } from '../../src/simulation/report.ts';
import { simulate } from '../../src/simulation/run.ts';
import { type Action, describe, writeScript } from '../../src/simulation/script.ts';
import { shrink } from '../../src/simulation/shrink.ts';
import { defaultMix, type SimulationSettings } from '../../src/simulation/simulation-settings.ts';

export interface Task {
  readonly seed: string;
  readonly changes: Partial<SimulationSettings>;
  /** Runs it twice and compares the traces. */
  readonly twice: boolean;
  /** Looks for a shorter history of a breach. */
  readonly shrink: boolean;
}

export interface Answer {
  readonly report: SimulationReport;
  /** Lines of the plan that lead to the breach. */
  readonly history?: readonly string[];
  readonly planned?: number;
}

async function secondRun(first: SimulationReport, settings: SimulationSettings): Promise<SimulationReport> {
  const second = await simulate({ settings });
  if (first.breach || second.hash === first.hash) return first;
  const message = `two runs of one seed differ: ${first.hash}, ${second.hash}`;
  return { ...first, breach: { invariant: 'same-seed-same-trace', message, atMs: first.virtualMs } };
}

async function answer(task: Task): Promise<Answer> {
  const settings = defaultMix(task.seed, task.changes);
  const once = await simulate({ settings });
  const report = task.twice ? await secondRun(once, settings) : once;
  if (!report.breach || !task.shrink) return { report };
  const { invariant } = report.breach;
  const planned = writeScript(settings).length;
  const shorter: readonly Action[] = await shrink({ settings, invariant });
  return { report, history: shorter.map(describe), planned };
}

process.on('message', (task: Task) => {
  answer(task).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
