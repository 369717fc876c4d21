/** Everything a run found, as text. */

import { QUOTED } from '../transport/quoted.ts';
import type { BenchReport } from './bench-report.ts';
import { caseTable } from './case-table.ts';
import { type Column, tableLines } from './table.ts';
import { boundText, inUnit } from './words.ts';

const GOAL_COLUMNS: readonly Column[] = [
  { title: 'case' },
  { title: 'data' },
  { title: 'step' },
  { title: 'tool' },
  { title: 'goal' },
  { title: 'wanted', right: true },
  { title: 'reached', right: true },
  { title: '' },
];

function goalLines({ verdicts }: BenchReport): readonly string[] {
  const rows = verdicts.map(({ row, what, unit, bound, value, met }) => [
    row.case,
    row.data,
    row.step,
    row.tool,
    what,
    boundText(bound, unit),
    inUnit(value, unit),
    met ? 'met' : 'missed',
  ]);
  return rows.length === 0 ? [] : ['', 'goals', ...tableLines(GOAL_COLUMNS, rows)];
}

function quotedLines(): readonly string[] {
  const rows = QUOTED.map(({ transport, megabytesPerSecond, cpu }) => [transport, megabytesPerSecond, cpu]);
  const columns = [
    { title: 'measured once, not in this run' },
    { title: 'MB/s', right: true },
    { title: 'CPU s/GiB from / to', right: true },
  ];
  return ['', ...tableLines(columns, rows)];
}

function headLines({ machine, options, tools, data }: BenchReport): readonly string[] {
  const memory = `${Math.round(machine.memoryBytes / 2 ** 30)} GiB`;
  const sets = data.map(({ name, files, bytes }) => `${name} ${files} files, ${Math.round(bytes / 1e6)} MB`);
  const lines = [
    `${machine.cores} x ${machine.processor}, ${memory}, ${machine.system}, Node ${machine.node}, commit ${machine.commit}`,
    `medians of ${options.runs} runs; ${sets.join('; ')}; rivals: ${tools.join(', ') || 'none'}`,
  ];
  if (options.quick)
    lines.push('--quick: so little data shows that everything works, and how long a command takes at least');
  if (machine.loadAtStart > BUSY * machine.cores) {
    lines.push(
      `THE MACHINE WAS BUSY before (load ${machine.loadAtStart.toFixed(1)}): do not trust these figures`,
    );
  }
  return lines;
}

/** Load for each core from which a machine is not at rest. */
const BUSY = 0.25;

export function reportLines(report: BenchReport): readonly string[] {
  const { ledger, verdicts, failed } = report;
  const lines = [...headLines(report)];
  for (const name of report.options.cases) {
    if (ledger.find({ case: name }).length === 0) continue;
    lines.push('', name, ...caseTable(name, ledger, verdicts));
    if (name === 'transport') lines.push(...quotedLines());
  }
  lines.push(...goalLines(report));
  const notes = [
    ...ledger.skipped.map(({ case: name, why }) => `skipped in ${name}: ${why}`),
    ...ledger.differences.map((each) => `DIFFERENT: ${each}`),
    ...failed.map(({ case: name, why }) => `FAILED: ${name}: ${why}`),
  ];
  const same = ledger.differences.length === 0 ? 'all identical' : `${ledger.differences.length} DIFFERENCES`;
  return [...lines, '', ...notes, `${ledger.restoresCompared} restores compared with their source: ${same}`];
}
