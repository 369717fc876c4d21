/**
 * npm run simulate -- --peers 8 --rounds 10 --kill 2 --seed 1
 *
 * Real `vault-peer` processes. In each round a real directory changes, is backed up, peers fail in different ways, and it is restored on
 * an empty client and compared; the same seed chooses the same changes and failures. Exits with 1 on any loss that placement
 * should have survived.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatBytes, formatDuration, parseBytes } from '../src/model/units.ts';
import { SeededRandom } from '../src/runtime/seeded-random.ts';
import { runModel } from './simulate/model.ts';
import { type RoundResult, runRound } from './simulate/round.ts';
import { runMutants } from './simulate/run-mutants.ts';
import { runVirtual } from './simulate/virtual.ts';
import { VIRTUAL_USAGE } from './simulate/virtual-options.ts';
import { Workload } from './simulate/workload.ts';
import { World } from './simulate/world.ts';

const USAGE = `usage: npm run simulate -- [--peers 8] [--rounds 10] [--kill 2] [--seed 1] [--files 400] [--large 24MiB] [--changes 25] [--json] [--keep]
       npm run simulate -- --model ...   the fast model for size, see --model --help
  --kill K    peers that fail in each round; with K of 3 or more, losses are expected and the run will say so
  --keep      leave the temporary folder for inspection
${VIRTUAL_USAGE}`;

interface Options {
  readonly peers: number;
  readonly rounds: number;
  readonly kill: number;
  readonly seed: string;
  readonly files: number;
  readonly large: number;
  readonly changes: number;
  readonly json: boolean;
  readonly keep: boolean;
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '10' },
      kill: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      files: { type: 'string', default: '400' },
      large: { type: 'string', default: '24MiB' },
      changes: { type: 'string', default: '25' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'peers' | 'rounds' | 'kill' | 'files' | 'changes', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new Error(`--${name} wants a whole number from ${least} on`);
    return value;
  };
  return {
    peers: whole('peers', 3),
    rounds: whole('rounds', 1),
    kill: whole('kill', 0),
    files: whole('files', 1),
    changes: whole('changes', 0),
    seed: values.seed,
    large: parseBytes(values.large),
    json: values.json,
    keep: values.keep,
  };
}

const HEADER = 'round  files  changes  sent       copies  backup    restore   failures';

function row(result: RoundResult): string {
  return [
    String(result.round).padEnd(6),
    String(result.files).padEnd(6),
    String(result.changes).padEnd(8),
    formatBytes(result.bytesSent).padEnd(10),
    String(result.copiesMin).padEnd(7),
    formatDuration(result.backupMs).padEnd(9),
    formatDuration(result.restoreMs).padEnd(9),
    result.faults.join(', ') || 'none',
  ].join(' ');
}

function report(result: RoundResult, json: boolean): void {
  if (json) console.log(JSON.stringify({ message_type: 'round', ...result }));
  else console.log(row(result));
  if (!json) for (const breach of result.breaches) console.log(`       BREACH: ${breach}`);
}

function reportEnd(results: readonly RoundResult[], options: Options, peakRssBytes: number): number {
  const breaches = results.reduce((sum, { breaches: { length } }) => sum + length, 0);
  const faults = results.reduce((sum, { faults: { length } }) => sum + length, 0);
  const summary = {
    rounds: results.length,
    faults,
    breaches,
    seed: options.seed,
    peak_peer_rss: peakRssBytes,
  };
  if (options.json) console.log(JSON.stringify({ message_type: 'summary', ...summary }));
  else {
    console.log(
      `\n${results.length} rounds, ${faults} failures, ${breaches} breaches; largest peer ${formatBytes(peakRssBytes)}; seed ${options.seed}`,
    );
    console.log(breaches === 0 ? 'Every restore was identical.' : 'DATA WAS LOST OR WRONG, see above.');
  }
  return breaches === 0 ? 0 : 1;
}

async function simulate(options: Options): Promise<number> {
  const seeded = new SeededRandom(`simulate ${options.seed}`);
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-simulate-'));
  const world = await World.start(root, options.peers);
  const interrupted = (): never => {
    world.killNow();
    if (!options.keep) fs.rmSync(root, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  let peakRssBytes = 0;
  const results: RoundResult[] = [];
  try {
    const workload = new Workload(path.join(root, 'source'), seeded.fork('workload'));
    workload.populate(options.files, options.large);
    await world.createVault('home');
    if (!options.json)
      console.log(`seed ${options.seed}, ${options.peers} peers in ${options.peers} zones\n${HEADER}`);
    const history = new Map<string, string>();
    for (let round = 1; round <= options.rounds; round++) {
      const { changes, kill } = options;
      const random = seeded.fork(`round ${round}`);
      const result = await runRound({ round, changes, kill, random, world, workload, history });
      report(result, options.json);
      results.push(result);
      peakRssBytes = Math.max(peakRssBytes, world.peakPeerRssBytes);
    }
  } finally {
    await world.end(options.keep);
    if (options.keep) console.log(`kept: ${root}`);
  }
  return reportEnd(results, options, peakRssBytes);
}

/** Which simulation the options ask for. */
function chosen(args: readonly string[]): Promise<number> {
  if (args.includes('--model')) return runModel(args);
  if (args.includes('--mutants')) return runMutants(args);
  return args.includes('--virtual') ? runVirtual(args) : simulate(parseOptions(args));
}

try {
  process.exitCode = await chosen(process.argv.slice(2));
} catch (error) {
  console.error(`simulate: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
