/** One run of the benchmark from options to report; leaves no process, namespace or temporary folder behind, also after Ctrl-C. */
import fs from 'node:fs';
import { formatDuration } from '../../src/model/units.ts';
import { buildPrograms } from './build.ts';
import { engineCase } from './cases/engine.ts';
import { growthCase } from './cases/growth.ts';
import { lossCase } from './cases/loss.ts';
import { meshCase } from './cases/mesh.ts';
import { peerCase } from './cases/peer.ts';
import { repairCase } from './cases/repair.ts';
import { shapedCase } from './cases/shaped.ts';
import { smallCase } from './cases/small.ts';
import { transportCase } from './cases/transport.ts';
import { BenchContext } from './context.ts';
import { benchData } from './data/bench-data.ts';
import { verdicts } from './goals.ts';
import { Ledger } from './ledger.ts';
import { thisMachine } from './machine.ts';
import type { BenchOptions, CaseName } from './options.ts';
import { type BenchReport, reportJson } from './report/bench-report.ts';
import { reportLines } from './report/print.ts';
import { findRivals } from './tools/find-rivals.ts';
import { Workspace } from './workspace.ts';

const CASES: Readonly<Record<CaseName, (context: BenchContext) => Promise<void>>> = {
  engine: engineCase,
  peer: peerCase,
  mesh: meshCase,
  loss: lossCase,
  shaped: shapedCase,
  growth: growthCase,
  small: smallCase,
  transport: transportCase,
  repair: repairCase,
};
const INTERRUPTED = 130;

/** 1 when a restore was not identical, or a command failed; never for being slow. */
export async function runBench(options: BenchOptions): Promise<number> {
  if (process.platform !== 'linux') throw new Error('it measures with /proc, which only Linux has');
  const workspace = new Workspace({ keep: options.keep, settle: !options.quick });
  const stop = (): void => {
    void workspace.end().then(() => process.exit(INTERRUPTED));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  try {
    const report = await runCases(options, workspace);
    console.log(reportLines(report).join('\n'));
    if (options.json !== undefined) {
      fs.writeFileSync(options.json, `${JSON.stringify(reportJson(report), null, 2)}\n`);
    }
    return report.failed.length + report.ledger.differences.length === 0 ? 0 : 1;
  } finally {
    await workspace.end();
    if (options.keep) console.log(`kept: ${workspace.root}`);
  }
}

async function runCases(options: BenchOptions, workspace: Workspace): Promise<BenchReport> {
  const machine = thisMachine();
  const { rivals, missing } = findRivals(workspace);
  for (const line of missing) console.error(line);
  const programs = await buildPrograms(workspace);
  const data = await benchData(workspace, options);
  const ledger = new Ledger();
  ledger.onSample(({ case: name, data: set, step, tool }, { wallMs }) => {
    console.error(`${name}: ${set}, ${step}: ${tool} ${formatDuration(wallMs)}`);
  });
  const context = new BenchContext({ options, workspace, programs, data, rivals, ledger });
  const failed: { case: string; why: string }[] = [];
  for (const name of options.cases) {
    try {
      await CASES[name](context);
    } catch (error) {
      if (workspace.isEnding) throw error;
      failed.push({ case: name, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return {
    machine,
    options,
    tools: rivals.map(({ name }) => name),
    data: data.sets.map(({ name, files, bytes }) => ({ name, files, bytes })),
    ledger,
    verdicts: verdicts(ledger),
    failed,
  };
}
