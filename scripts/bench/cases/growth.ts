/** Case 6: how time, memory, the client's own state and messages grow with the number of files and of bytes; one real peer, one copy. */
import fs from 'node:fs';
import path from 'node:path';
import { GiB, MiB } from '../../../src/model/units.ts';
import type { BenchContext } from '../context.ts';
import type { DataSet } from '../data/bench-data.ts';
import { writeNoise } from '../data/noise.ts';
import { writeSmallFiles } from '../data/small-files.ts';
import { runSeries, type Step } from '../series.ts';
import { meshTool } from '../tools/mesh-tool.ts';

const STEPS: readonly Step[] = ['initial', 'unchanged', 'restore'];
const FULL = { files: [10_000, 100_000, 1_000_000], bytes: [GiB, 4 * GiB, 16 * GiB] };
const QUICK = { files: [1000, 4000, 16_000], bytes: [16 * MiB, 64 * MiB, 256 * MiB] };
/** Small ones: a million of them must not fill the disk. */
const FILE = { leastBytes: 100, mostBytes: 4000 };

interface Growing {
  readonly name: string;
  readonly make: (folder: string) => { readonly files: number; readonly bytes: number };
}

function manyFiles(files: number): Growing {
  return {
    name: `${files.toLocaleString('en')} files`,
    make: (folder) => ({ files, bytes: writeSmallFiles(folder, { files, ...FILE }) }),
  };
}

function manyBytes(bytes: number): Growing {
  const name = bytes < GiB ? `${bytes / MiB} MiB` : `${bytes / GiB} GiB`;
  return {
    name,
    make: (folder) => {
      writeNoise(path.join(folder, 'noise'), bytes);
      return { files: 1, bytes };
    },
  };
}

export async function growthCase(context: BenchContext): Promise<void> {
  const sizes = context.options.quick ? QUICK : FULL;
  const tools = [meshTool(context, { peers: 1, copies: 1, inDetail: true })];
  for (const growing of [...sizes.files.map(manyFiles), ...sizes.bytes.map(manyBytes)]) {
    const root = context.workspace.folder('growth-data');
    const folder = path.join(root, 'source');
    fs.mkdirSync(folder);
    const set: DataSet = { name: growing.name, folder, ...growing.make(folder) };
    await runSeries(context, { case: 'growth', root, set, steps: STEPS, tools });
    await context.workspace.remove(root);
  }
}
