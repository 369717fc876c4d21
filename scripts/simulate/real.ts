/** The simulation with real processes: rounds of change, backup, failure, restore from nothing, comparison and healing. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { formatBytes, formatDuration } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { parseReal, type RealOptions } from './real-options.ts';
import { type RoundResult, runRound } from './round.ts';
import { runSuccession } from './succession.ts';
import { Workload } from './workload.ts';
import { World } from './world.ts';

const HEADER = 'round  files  changes  sent       copies  backup    restore   healed    again     failures';

function row(result: RoundResult): string {
  return [
    String(result.round).padEnd(6),
    String(result.files).padEnd(6),
    String(result.changes).padEnd(8),
    formatBytes(result.bytesSent).padEnd(10),
    String(result.copiesMin).padEnd(7),
    formatDuration(result.backupMs).padEnd(9),
    formatDuration(result.restoreMs).padEnd(9),
    formatDuration(result.healMs).padEnd(9),
    formatDuration(result.healAgainMs).padEnd(9),
    result.faults.join(', ') || 'none',
  ].join(' ');
}

function report(result: RoundResult, json: boolean): void {
  if (json) console.log(JSON.stringify({ message_type: 'round', ...result }));
  else console.log(row(result));
  if (!json) for (const breach of result.breaches) console.log(`       BREACH: ${breach}`);
}

function reportEnd(results: readonly RoundResult[], options: RealOptions, peakRssBytes: number): number {
  const breaches = results.reduce((sum, { breaches: { length } }) => sum + length, 0);
  const faults = results.reduce((sum, { faults: { length } }) => sum + length, 0);
  const { seed, json } = options;
  const summary = { rounds: results.length, faults, breaches, seed, peak_peer_rss: peakRssBytes };
  if (json) console.log(JSON.stringify({ message_type: 'summary', ...summary }));
  else {
    console.log(
      `\n${results.length} rounds, ${faults} failures, ${breaches} breaches; largest peer ${formatBytes(peakRssBytes)}; seed ${seed}`,
    );
    console.log(
      breaches === 0
        ? 'Every restore was identical, and the mesh healed by itself each time.'
        : 'DATA WAS LOST OR WRONG, OR DID NOT HEAL, see above.',
    );
  }
  return breaches === 0 ? 0 : 1;
}

async function runRounds(options: RealOptions, world: World, seeded: SeededRandom): Promise<number> {
  const workload = new Workload(path.join(world.root, 'source'), seeded.fork('workload'));
  workload.populate(options.files, options.large);
  await world.createVault('home');
  if (!options.json)
    console.log(`seed ${options.seed}, ${options.peers} peers in ${options.peers} zones\n${HEADER}`);
  const { changes, kill, faults: kinds, healLimitMs } = options;
  const history = new Map<string, string>();
  const results: RoundResult[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const random = seeded.fork(`round ${round}`);
    const input = { round, changes, kill, kinds, healLimitMs, random, world, workload, history };
    const result = await runRound(input);
    report(result, options.json);
    results.push(result);
  }
  return reportEnd(results, options, world.peakPeerRssBytes);
}

/** Exit code 1 on any loss that placement should have survived, and when the mesh does not heal. */
export async function runReal(args: readonly string[]): Promise<number> {
  const options = parseReal(args);
  const seeded = new SeededRandom(`simulate ${options.seed}`);
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-simulate-'));
  const world = await World.start(root, options.peers);
  const interrupted = (): never => {
    world.killNow();
    if (!options.keep) fs.rmSync(root, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  try {
    return await (options.succession ? runSuccession : runRounds)(options, world, seeded);
  } finally {
    await world.end(options.keep);
    if (options.keep) console.log(`kept: ${root}`);
  }
}
