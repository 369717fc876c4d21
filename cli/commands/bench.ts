/** `vault bench`: what this machine and this mesh can do, and what that means for a first backup. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  benchMachine,
  benchVerdict,
  isVaultError,
  type MachineBench,
  type MeshBench,
  requireVault,
  type VaultHandle,
} from '../../src/index.ts';
import { benchProgress, printMachine, printMesh, printVerdict } from '../printers/bench.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import type { Session } from '../terminal/session.ts';
import { homeOf, noPositionals, withVault } from './vault-options.ts';

interface BenchPlan {
  readonly machineOnly: boolean;
  /** How long each rate is measured, when not as long as usual. */
  readonly measureMs?: number;
}

type Wish = Omit<BenchPlan, 'machineOnly'>;

/** The folder, or the nearest above it that exists. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(path.dirname(folder));
}

/** False when there is none. */
async function hasVault(home: string): Promise<boolean> {
  try {
    await requireVault(home);
    return true;
  } catch (error) {
    if (isVaultError(error, 'no-vault')) return false;
    throw error;
  }
}

async function measureMachine(session: Session, home: string, wish: Wish): Promise<MachineBench> {
  const { signal } = session;
  const progress = benchProgress(session);
  try {
    return await benchMachine({ folder: existing(home), signal, ...wish, onProgress: progress.update });
  } finally {
    progress.end();
  }
}

async function measureMesh(session: Session, vault: VaultHandle, wish: Wish): Promise<MeshBench> {
  const progress = benchProgress(session);
  try {
    return await vault.bench({ signal: session.signal, ...wish, onProgress: progress.update });
  } finally {
    progress.end();
  }
}

async function bench({ machineOnly, ...wish }: BenchPlan, session: Session): Promise<number> {
  const home = homeOf(session);
  if (machineOnly || !(await hasVault(home))) {
    const machine = await measureMachine(session, home, wish);
    printMachine(session, machine);
    if (!machineOnly) session.tell(`mesh      not measured: ${home} holds no vault`);
    printVerdict(session, await benchVerdict(machine));
    return 0;
  }
  return withVault(session, async (vault) => {
    const machine = await measureMachine(session, home, wish);
    printMachine(session, machine);
    try {
      const mesh = await measureMesh(session, vault, wish);
      printMesh(session, mesh);
      printVerdict(session, await benchVerdict(machine, mesh));
    } catch (error) {
      if (!session.signal.aborted) printVerdict(session, await benchVerdict(machine));
      throw error;
    }
    return 0;
  });
}

export const benchCommand: CommandSpec = defineCommand<BenchPlan>({
  name: 'bench',
  summary: 'measure what this machine and this mesh can do, and how long a first backup would take',
  usage: '[--machine]',
  options: [
    { name: 'machine', about: 'this machine only; asks for no passphrase' },
    { name: 'measure-ms', value: 'MS', about: 'how long each rate is measured', internal: true },
    ...LIMIT_OPTIONS,
  ],
  details: `
Takes less than half a minute. This machine: how fast it reads, cuts, compresses and seals, with one thread and with all that a backup uses, and how fast the disk
of VAULT_HOME writes (with fsync) and reads. The mesh: the round trip to each peer that can take chunks, and how fast chunks come from there and go there,
one peer after the other.

Nothing stays behind. The file that is written has no name. Only chunks that a peer keeps for this vault already are moved: they are fetched, and the same
ones are sent to it again; it compares them with what it has, and keeps nothing new. So a peer that keeps nothing of this vault yet cannot
be measured, and the speed at which peers write to their disks is not in the figures. Without a vault only the machine is measured.

At the end stands what would hold up a first backup of 100 GiB and about how long it would take, with what was assumed. The limits of --limit-upload and
--limit-download hold while it measures. What else this machine is doing is in the figures.

Exit codes: 0 measured; 23 no peer answers, and only this machine was measured.

  vault bench
  vault bench --machine --json`,
  afterInterrupt: 'Nothing was left behind; run it again.',
  parse: (args) => {
    noPositionals(args, 'bench');
    const measureMs = Number(args.value('measure-ms') ?? Number.NaN);
    return { machineOnly: args.has('machine'), ...(Number.isNaN(measureMs) ? {} : { measureMs }) };
  },
  run: bench,
});
