/** The options of `--virtual`, checked. */
import { parseArgs } from 'node:util';
import {
  defaultMix,
  type FaultRates,
  type SimulationSettings,
} from '../../src/simulation/simulation-settings.ts';

export const VIRTUAL_USAGE = `       npm run simulate -- --virtual [--seed 1] [--seeds 1] [options]     the production code on a virtual clock, network and disks
  --seeds N          N seeds from --seed on, on all cores (--jobs J); --each prints every report, --json prints JSON
  --peers N --days D --devices N --backups-per-day X --liars N    otherwise chosen by each seed
  --crash X --absence X --churn X --bitrot X --full-disk X --slow-disk X --partition X --network X --clock X --client-crash X
  --allowance X --drain X
                     how often each fault comes, per day, all peers together; otherwise chosen by each seed; --faults X sets all
  --twice            runs each seed twice and compares the traces
  --verbose          one seed with every line of its story
  --no-shrink        does not look for a short history of a breach
  --fresh --hours H  new seeds until the time is over (npm run soak -- --hours H); --ci: fixed seeds before them, about two minutes in all
       npm run simulate -- --mutants [--only NAME] [--seeds 40]          plants bugs and shows which seed finds which`;

export interface VirtualOptions {
  readonly seed: string;
  readonly seeds: number;
  readonly changes: Partial<SimulationSettings>;
  readonly twice: boolean;
  readonly shrink: boolean;
  readonly verbose: boolean;
  readonly each: boolean;
  readonly json: boolean;
  readonly fresh: boolean;
  readonly ci: boolean;
  readonly hours: number;
  readonly jobs: number | undefined;
}

const RATES: Readonly<Record<string, keyof FaultRates>> = {
  crash: 'crash',
  absence: 'absence',
  churn: 'churn',
  bitrot: 'bitrot',
  'full-disk': 'fullDisk',
  'slow-disk': 'slowDisk',
  partition: 'partition',
  network: 'network',
  clock: 'clock',
  'client-crash': 'clientCrash',
  allowance: 'allowance',
  drain: 'drain',
};

type Numbers = 'peers' | 'days' | 'devices' | 'liars' | 'backupsPerDay';
const NUMBERS: Readonly<Record<string, Numbers>> = {
  peers: 'peers',
  days: 'days',
  devices: 'devices',
  liars: 'liars',
  'backups-per-day': 'backupsPerDay',
};

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

type Values = Readonly<Record<string, string | boolean | undefined>>;

function numberOf(values: Values, name: string, least: number): number | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given !== '' && value >= least) return value;
  throw new Error(`--${name} wants a number from ${least} on`);
}

function changesOf(values: Values, seed: string): Partial<SimulationSettings> {
  const changes: { -readonly [K in Numbers]?: number } = {};
  for (const [option, key] of Object.entries(NUMBERS)) {
    const value = numberOf(values, option, option === 'peers' ? 4 : 0);
    if (value !== undefined) changes[key] = value;
  }
  const given = new Map<keyof FaultRates, number>();
  const all = numberOf(values, 'faults', 0);
  for (const [option, key] of Object.entries(RATES)) {
    const value = numberOf(values, option, 0) ?? all;
    if (value !== undefined) given.set(key, value);
  }
  if (given.size === 0) return changes;
  // Rates that were not given stay the ones of the first seed's mix.
  return { ...changes, rates: { ...defaultMix(seed).rates, ...Object.fromEntries(given) } };
}

export function parseVirtual(args: readonly string[]): VirtualOptions {
  const named = [...Object.keys(RATES), ...Object.keys(NUMBERS), 'faults', 'seed', 'seeds', 'hours', 'jobs'];
  const flags = ['virtual', 'twice', 'no-shrink', 'verbose', 'each', 'json', 'fresh', 'ci'];
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(named.map((name) => [name, text])),
      ...Object.fromEntries(flags.map((name) => [name, flag])),
    },
  }) as { values: Values };
  const seed = String(values.seed ?? '1');
  const ci = values.ci === true;
  const seeds = numberOf(values, 'seeds', 1) ?? 1;
  return {
    seed,
    seeds,
    changes: changesOf(values, seed),
    twice: values.twice === true,
    shrink: values['no-shrink'] !== true,
    verbose: values.verbose === true,
    each: values.each === true || seeds === 1,
    json: values.json === true,
    fresh: values.fresh === true || ci,
    ci,
    hours: numberOf(values, 'hours', 0) ?? (ci ? 1 / 30 : 1),
    jobs: numberOf(values, 'jobs', 1),
  };
}
