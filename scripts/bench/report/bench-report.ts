/** What a run found, and the same as one JSON object. */
import type { DataSet } from '../data/bench-data.ts';
import type { Verdict } from '../goals.ts';
import type { Ledger, Row } from '../ledger.ts';
import type { Machine } from '../machine.ts';
import type { BenchOptions } from '../options.ts';
import { median } from '../statistics.ts';

export interface BenchReport {
  readonly machine: Machine;
  readonly options: BenchOptions;
  /** Names of the rivals, with versions. */
  readonly tools: readonly string[];
  readonly data: readonly Omit<DataSet, 'folder'>[];
  readonly ledger: Ledger;
  readonly verdicts: readonly Verdict[];
  readonly failed: readonly { readonly case: string; readonly why: string }[];
}

/** Changes when a field changes its meaning. */
const FORMAT = 'vault-bench-1';

function rowJson({ case: name, data, step, tool, rival, samples }: Row): object {
  const of = (read: (sample: Row['samples'][number]) => number) => median(samples.map(read));
  const medians = {
    wallMs: of(({ wallMs }) => wallMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
    peakRssBytes: of(({ peakRssBytes }) => peakRssBytes),
  };
  return { case: name, data, step, tool, rival, medians, samples };
}

function goalJson({ row, what, unit, bound, value, met }: Verdict): object {
  const { case: name, data, step, tool } = row;
  return { case: name, data, step, tool, what, unit, ...bound, value, met };
}

export function reportJson({ machine, options, tools, data, ledger, verdicts, failed }: BenchReport): object {
  const { quick, cases, runs } = options;
  return {
    format: FORMAT,
    machine,
    options: { quick, cases, runs },
    tools,
    data,
    rows: ledger.rows().map(rowJson),
    goals: verdicts.map(goalJson),
    skipped: ledger.skipped,
    restores: { compared: ledger.restoresCompared, differences: ledger.differences },
    failed,
  };
}
