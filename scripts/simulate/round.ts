/** One round of the simulation: change, back up, fail, restore on an empty machine, compare, heal without help, mend, heal again. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { compareTrees } from '../../src/backup/compare.ts';
import type { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { intactCopies } from './chunk-files.ts';
import {
  chooseFaults,
  type Fault,
  type FaultKind,
  type FaultTime,
  isSilent,
  mend,
  strike,
} from './faults.ts';
import { explainHealing, healingText, waitUntilHealed } from './healing.ts';
import type { ProgramMessage } from './program.ts';
import type { Workload } from './workload.ts';
import type { World } from './world.ts';

export interface RoundResult {
  readonly round: number;
  readonly changes: number;
  readonly files: number;
  readonly bytesSent: number;
  readonly copiesMin: number;
  readonly faults: readonly string[];
  readonly backupMs: number;
  readonly restoreMs: number;
  /** From the end of the restore until every chunk had its copies on others, and after the return of everybody. */
  readonly healMs: number;
  readonly healAgainMs: number;
  /** What should not have happened; empty when all is well. */
  readonly breaches: readonly string[];
}

export interface RoundInput {
  readonly round: number;
  readonly changes: number;
  readonly kill: number;
  readonly kinds: readonly FaultKind[];
  /** How long a mesh may take to heal. */
  readonly healLimitMs: number;
  /** Of this round alone. */
  readonly random: SeededRandom;
  readonly world: World;
  readonly workload: Workload;
  /** Folders with the state of the source at earlier rounds, by snapshot id. */
  readonly history: Map<string, string>;
}

const HOME = 'home';
const COPIES = 3;
const WHEN: Readonly<Record<FaultTime, string>> = {
  first: '',
  backup: ' in backup',
  after: '',
  restore: ' in restore',
};

/** With chance of its own: how many chunks a peer has differs from run to run, and must not change what is chosen later. */
function strikeAlone(fault: Fault, input: RoundInput): Promise<void> {
  return strike(fault, input.world, input.random.fork(`strike ${fault.peer.name}`));
}

/** Lets the faults of one time strike at the first progress message of a running program. */
function strikeDuring(
  faults: readonly Fault[],
  time: FaultTime,
  input: RoundInput,
): { onMessage: () => void; struck: () => Promise<unknown> } {
  let striking: Promise<unknown> | undefined;
  const due = faults.filter((fault) => fault.time === time);
  const all = (): Promise<unknown> => Promise.all(due.map((fault) => strikeAlone(fault, input)));
  return {
    onMessage: () => {
      striking ??= all();
    },
    // A program too quick to report progress is struck after its end.
    struck: () => (striking ??= all()),
  };
}

/** Restores `snapshot` with the given home and compares everything with `expected`; returns what is wrong. */
async function restoreAndCompare(
  input: RoundInput,
  home: string,
  snapshot: string,
  expected: string,
  onMessage?: () => void,
): Promise<{ wrong: string[]; ms: number }> {
  const target = path.join(input.world.root, `restored-${input.round}`);
  try {
    const args = ['restore', `${snapshot}:${input.workload.root}`, '--target', target];
    const restored = await input.world.vault(home, args, onMessage ? { onMessage } : {});
    const ms = restored.durationMs;
    if (restored.code !== 0) return { wrong: [`restore: exit ${restored.code}: ${restored.stderr}`], ms };
    const differences = await compareTrees(expected, target);
    return {
      wrong: differences.slice(0, 5).map((difference) => `restored: ${JSON.stringify(difference)}`),
      ms,
    };
  } finally {
    fs.rmSync(target, { recursive: true, force: true });
  }
}

/** An empty machine, the words and the ticket, while the faults of this round are on or strike in the middle. */
async function restoreFromNothing(
  input: RoundInput,
  snapshot: string,
  faults: readonly Fault[],
): Promise<{ wrong: string[]; ms: number }> {
  const home = `empty-${input.round}`;
  const during = strikeDuring(faults, 'restore', input);
  try {
    const recovered = await input.world.recover(home);
    if (recovered.code !== 0)
      return { wrong: [`recover: exit ${recovered.code}: ${recovered.stderr}`], ms: 0 };
    const source = input.workload.root;
    const restored = await restoreAndCompare(input, home, snapshot, source, during.onMessage);
    await during.struck();
    return { wrong: restored.wrong, ms: recovered.durationMs + restored.ms };
  } finally {
    fs.rmSync(path.join(input.world.root, home), { recursive: true, force: true });
  }
}

/** The program's claim about copies, checked on the disks of all peers, past every book. */
function checkClaim(input: RoundInput, claimed: number, faults: readonly Fault[]): string[] {
  const damaged = faults.some(({ time }) => time === 'backup');
  const copies = [...intactCopies(input.world.peers.map(({ folder }) => folder)).values()];
  const least = Math.min(...copies);
  if (damaged || least >= claimed) return [];
  return [`the backup claims ${claimed} copies, but the disks hold ${least} of some chunk`];
}

async function backUp(
  input: RoundInput,
  faults: readonly Fault[],
): Promise<{ summary: ProgramMessage | undefined; wrong: string[]; ms: number }> {
  const during = strikeDuring(faults, 'backup', input);
  const result = await input.world.vault(HOME, ['backup', input.workload.root], {
    onMessage: during.onMessage,
  });
  await during.struck();
  const wrong = result.code === 0 ? [] : [`backup: exit ${result.code}: ${result.stderr}`];
  const summary = result.messages.find((message) => message.message_type === 'summary');
  return { summary, wrong, ms: result.durationMs };
}

/** Keeps the source as it is now, to compare with in later rounds. */
function keepState(input: RoundInput, snapshot: string): void {
  const state = path.join(input.world.root, `state-${input.round}`);
  execFileSync('cp', ['-a', input.workload.root, state]);
  input.history.set(snapshot, state);
}

/** One earlier snapshot, chosen by the seed, is still what it was. */
async function checkEarlier(input: RoundInput): Promise<string[]> {
  const earlier = [...input.history].slice(0, -1);
  const [snapshot, state] = earlier[Math.floor(input.random.fraction() * earlier.length)] ?? [];
  if (snapshot === undefined || state === undefined) return [];
  const { wrong } = await restoreAndCompare(input, HOME, snapshot, state);
  return wrong.map((text) => `earlier snapshot ${snapshot.slice(0, 8)}: ${text}`);
}

async function strikeAt(time: FaultTime, faults: readonly Fault[], input: RoundInput): Promise<void> {
  for (const fault of faults) if (fault.time === time) await strikeAlone(fault, input);
}

/** Nothing is put back by hand: the peers do it, without owner and key (R2). Adds a breach when they do not. */
async function heal(input: RoundInput, faults: readonly Fault[], breaches: string[]): Promise<number> {
  const silent = new Set(faults.filter(isSilent).map(({ peer }) => peer));
  const options = { silent, copies: COPIES, limitMs: input.healLimitMs, allWell: faults.length === 0 };
  const healing = await waitUntilHealed(input.world, options);
  if (!healing.healed)
    breaches.push(`not healed: ${healingText(healing)}`, ...(await explainHealing(input.world, options)));
  return healing.ms;
}

/** Runs one round; never throws for a breach, only when the simulation itself cannot go on. */
export async function runRound(input: RoundInput): Promise<RoundResult> {
  const changes = input.workload.mutate(input.changes);
  const faults = chooseFaults(input.world.peers, input.kill, input.random, input.kinds);
  await strikeAt('first', faults, input);
  const backup = await backUp(input, faults);
  const breaches = [...backup.wrong];
  let restoreMs = 0;
  if (backup.summary) {
    const snapshot = String(backup.summary.snapshot_id);
    keepState(input, snapshot);
    breaches.push(...checkClaim(input, Number(backup.summary.copies_min), faults));
    await strikeAt('after', faults, input);
    const restored = await restoreFromNothing(input, snapshot, faults);
    restoreMs = restored.ms;
    breaches.push(...restored.wrong, ...(await checkEarlier(input)));
  }
  const healMs = await heal(input, faults, breaches);
  await mend(faults, input.world);
  const healAgainMs = await heal(input, [], breaches);
  return {
    round: input.round,
    changes: changes.length,
    files: Number(backup.summary?.total_files_processed ?? 0),
    bytesSent: Number(backup.summary?.data_added_packed ?? 0),
    copiesMin: Number(backup.summary?.copies_min ?? 0),
    faults: faults.map(({ peer, kind, time }) => `${peer.name} ${kind}${WHEN[time]}`),
    backupMs: backup.ms,
    restoreMs,
    healMs,
    healAgainMs,
    breaches,
  };
}
