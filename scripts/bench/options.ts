/** Options of the benchmark. */
import { parseArgs } from 'node:util';

export const CASES = [
  'engine',
  'peer',
  'mesh',
  'loss',
  'shaped',
  'growth',
  'small',
  'transport',
  'repair',
] as const;
export type CaseName = (typeof CASES)[number];

export const BENCH_USAGE: string = `usage: npm run bench -- [--quick] [--data DIR] [--cases ${CASES.join(',')}]
         [--runs 3] [--json FILE] [--keep]
  --quick  small data, made in a moment without a network; all cases take some minutes
  --data   benchmark data to use, or where to make them (default: bench-data; with --quick a temporary folder)
  --cases  only these
  --runs   how often each command is measured, in turn with the others; medians are told
  --json   writes every single figure, the machine and the goals to a file
  --keep   leaves the temporary folder for inspection`;

export interface BenchOptions {
  readonly quick: boolean;
  readonly data: string | undefined;
  readonly cases: readonly CaseName[];
  readonly runs: number;
  readonly json: string | undefined;
  readonly keep: boolean;
}

function parseCases(text: string): readonly CaseName[] {
  const asked = text.split(',').map((name) => {
    const known = CASES.find((each) => each === name);
    if (known === undefined) throw new Error(`--cases knows ${CASES.join(', ')}, not "${name}"`);
    return known;
  });
  return CASES.filter((name) => asked.includes(name));
}

/** Throws for what it does not understand. */
export function parseBench(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      data: { type: 'string' },
      cases: { type: 'string', default: CASES.join(',') },
      runs: { type: 'string', default: '3' },
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs wants a whole number from 1 on');
  const { quick, data, json, keep } = values;
  return { quick, data, cases: parseCases(values.cases), runs, json, keep };
}
