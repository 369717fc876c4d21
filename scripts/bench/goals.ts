/** What the project wants to reach, as rules about measured rows: told beside the figures, never enforced. */
import { MiB } from '../../src/model/units.ts';
import { figureOf, type Ledger, type Row, type RowName, wallOf } from './ledger.ts';
import { ratio } from './statistics.ts';

export type Bound = { readonly least: number } | { readonly most: number };
export type Unit = 'times' | 'share' | 'bytes' | 'ms';

interface Rule extends Partial<Omit<RowName, 'tool'>> {
  readonly tool?: RegExp;
  readonly what: string;
  readonly unit: Unit;
  readonly bound: Bound;
  readonly value: (row: Row, ledger: Ledger) => number | undefined;
}

export interface Verdict {
  readonly row: RowName;
  readonly what: string;
  readonly unit: Unit;
  readonly bound: Bound;
  readonly value: number;
  readonly met: boolean;
}

function resticOf({ case: name, data, step }: Row, ledger: Ledger): Row | undefined {
  return ledger.find({ case: name, data, step }).find(({ tool }) => tool.startsWith('restic'));
}

/** How many times as long as we restic takes. */
function speed(row: Row, ledger: Ledger): number | undefined {
  return ratio(wallOf(resticOf(row, ledger)), wallOf(row));
}

function stored(row: Row, ledger: Ledger): number | undefined {
  return ratio(figureOf(row, 'storedBytes'), figureOf(resticOf(row, ledger), 'storedBytes'));
}

const FASTER = 'speed, times restic';
const SMALLER = 'stored, of restic';

function faster(name: string, data: string, step: string, least: number): Rule {
  return { case: name, data, step, what: FASTER, unit: 'times', bound: { least }, value: speed };
}

function smaller(data: string, most: number): Rule {
  const bound = { most };
  return { case: 'engine', data, step: 'initial', what: SMALLER, unit: 'times', bound, value: stored };
}

function figure(rule: Omit<Rule, 'value'> & { readonly figure: string }): Rule {
  return { ...rule, value: (row) => figureOf(row, rule.figure) };
}

function within(name: string, step: string, most: number): Rule {
  return { case: name, step, what: 'time', unit: 'ms', bound: { most }, value: wallOf };
}

/** How many times as long one holder takes as this row's three. */
function fewerHolders(row: Row, ledger: Ledger): number | undefined {
  const one = ledger.find({ case: row.case, data: row.data, step: row.step, tool: 'vault, 1 holder' });
  return ratio(wallOf(one[0]), wallOf(row));
}

const RULES: readonly Rule[] = [
  faster('engine', 'big', 'initial', 3),
  faster('engine', 'src', 'initial', 2.2),
  faster('engine', 'src', 'unchanged', 4),
  faster('engine', 'src', 'edit', 2),
  faster('engine', 'big', 'edit', 2),
  faster('engine', 'src', 'restore', 2),
  faster('engine', 'big', 'restore', 1.5),
  smaller('src', 0.88),
  smaller('big', 1.01),
  faster('mesh', 'big', 'initial', 1),
  faster('mesh', 'src', 'initial', 1),
  figure({
    case: 'shaped',
    step: 'backup',
    tool: /^vault, relay$/,
    what: 'sent, of what was sealed',
    unit: 'times',
    bound: { most: 1.05 },
    figure: 'sentPerSealed',
  }),
  figure({
    case: 'shaped',
    step: 'backup',
    tool: /^vault, relay$/,
    what: 'time, of the least the uplink allows',
    unit: 'times',
    bound: { most: 1.15 },
    figure: 'timePerSealed',
  }),
  {
    case: 'shaped',
    step: 'restore',
    tool: /^vault, 3 holders$/,
    what: 'speed, times one holder',
    unit: 'times',
    bound: { least: 2.5 },
    value: fewerHolders,
  },
  figure({
    case: 'shaped',
    tool: /^vault, 1 holder$/,
    what: "bulk, of the link's rate",
    unit: 'share',
    bound: { least: 0.9 },
    figure: 'shareOfRate',
  }),
  figure({
    case: 'repair',
    what: 'copied again, of the limit',
    unit: 'share',
    bound: { least: 0.9 },
    figure: 'shareOfRate',
  }),
  figure({
    case: 'repair',
    tool: /limit \d/,
    what: 'processor time of all peers, of one core',
    unit: 'share',
    bound: { most: 1 },
    figure: 'shareOfOneCore',
  }),
  within('small', '--version', 100),
  within('small', 'snapshots', 1000),
];

const CLIENT_RSS: number = 250 * MiB;

function isMet(value: number, bound: Bound): boolean {
  return 'least' in bound ? value >= bound.least : value <= bound.most;
}

function fits(rule: Rule, row: Row): boolean {
  if (row.rival || rule.tool?.test(row.tool) === false) return false;
  return (['case', 'data', 'step'] as const).every((field) => (rule[field] ?? row[field]) === row[field]);
}

/** Of every measured row that a rule speaks of; what was not measured has none. */
export function verdicts(ledger: Ledger): readonly Verdict[] {
  const found: Verdict[] = [];
  for (const { what, unit, bound, value, ...rule } of RULES) {
    for (const row of ledger.rows().filter((each) => fits({ what, unit, bound, value, ...rule }, each))) {
      const reached = value(row, ledger);
      if (reached === undefined) continue;
      found.push({ row, what, unit, bound, value: reached, met: isMet(reached, bound) });
    }
  }
  const largest = largestClient(ledger);
  return largest === undefined ? found : [...found, largest];
}

/** One for all rows: the largest peak of our client in any run. */
function largestClient(ledger: Ledger): Verdict | undefined {
  let found: { readonly row: Row; readonly value: number } | undefined;
  for (const row of ledger.rows().filter(({ rival }) => !rival)) {
    const value = Math.max(...row.samples.map(({ peakRssBytes }) => peakRssBytes));
    if (!found || value > found.value) found = { row, value };
  }
  if (!found || found.value === 0) return undefined;
  const bound = { most: CLIENT_RSS };
  const what = 'peak memory of the client, all cases';
  return { ...found, what, unit: 'bytes', bound, met: isMet(found.value, bound) };
}
