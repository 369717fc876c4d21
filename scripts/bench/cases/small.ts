/** Case 7: commands that do little, on a running mesh with many files, against rivals with a local repository. */
import fs from 'node:fs';
import path from 'node:path';
import type { BenchContext } from '../context.ts';
import { smallFilePath, writeSmallFiles } from '../data/small-files.ts';
import { measure } from '../measure.ts';
import { LOOPBACK, Mesh } from '../mesh/mesh.ts';
import type { Sample } from '../sample.ts';
import type { RivalRepository } from '../tools/rival.ts';

const PEERS = 5;
const COPIES = 3;
const SIZE = { leastBytes: 100, mostBytes: 4000 };

/** One program and its commands. */
interface Small {
  readonly tool: string;
  readonly rival: boolean;
  readonly backup: () => Promise<Sample>;
  readonly commands: Readonly<Record<string, () => Promise<Sample>>>;
}

export async function smallCase(context: BenchContext): Promise<void> {
  const { workspace, options, ledger } = context;
  const files = options.quick ? 2000 : 100_000;
  const folder = workspace.folder('small');
  const source = path.join(folder, 'source');
  writeSmallFiles(source, { files, ...SIZE });
  const mesh = await startMesh(context, folder);
  try {
    const all = [await ours(context, mesh, folder, source), ...(await theirs(context, source))];
    for (const { backup } of all) await backup();
    for (let run = 0; run < options.runs; run++) {
      fs.appendFileSync(smallFilePath(source, run), 'one more line\n');
      for (const step of STEPS) {
        for (const { tool, rival, commands } of all) {
          const sample = await commands[step]?.();
          if (sample) ledger.add({ case: 'small', data: `${files} files`, step, tool }, rival, sample);
        }
      }
    }
  } finally {
    await mesh.stop();
  }
  await workspace.remove(folder);
}

const STEPS = ['--version', 'snapshots', 'ls of a folder', 'one changed file'] as const;

function startMesh({ workspace, programs }: BenchContext, folder: string): Promise<Mesh> {
  const places = Array.from({ length: PEERS }, () => LOOPBACK);
  return Mesh.start({ workspace, programs, folder: path.join(folder, 'mesh'), places });
}

async function ours(context: BenchContext, mesh: Mesh, folder: string, source: string): Promise<Small> {
  const { workspace, programs } = context;
  const home = path.join(folder, 'home');
  await mesh.createVault(home, COPIES);
  const vault = (...args: readonly string[]) => mesh.vault(home, args);
  const backup = () => vault('backup', source, '--json');
  return {
    tool: `vault, ${PEERS} peers, ${COPIES} copies`,
    rival: false,
    backup,
    commands: {
      '--version': () => measure(workspace, { line: [process.execPath, programs.vault, '--version'] }),
      snapshots: () => vault('snapshots'),
      'ls of a folder': () => vault('ls', 'latest', path.dirname(smallFilePath(source, 0))),
      'one changed file': backup,
    },
  };
}

async function theirs({ workspace, rivals }: BenchContext, source: string): Promise<readonly Small[]> {
  const all: Small[] = [];
  for (const rival of rivals) {
    const repository: RivalRepository = await rival.open(workspace.folder('rival'));
    const backup = () => repository.backup(source);
    const commands = {
      '--version': () => rival.version(),
      snapshots: () => repository.snapshots(),
      'ls of a folder': () => repository.list(path.dirname(smallFilePath(source, 0))),
      'one changed file': backup,
    };
    all.push({ tool: rival.name, rival: true, backup, commands });
  }
  return all;
}
