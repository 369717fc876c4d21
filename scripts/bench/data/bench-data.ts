/** Takes the benchmark data where they are, or makes them. */
import fs from 'node:fs';
import path from 'node:path';
import type { BenchOptions } from '../options.ts';
import type { Workspace } from '../workspace.ts';
import { revertEdit } from './edit-data.ts';
import { filesBelow } from './file-list.ts';
import { makeFullData } from './full-data.ts';
import { makeQuickData, QUICK } from './quick-data.ts';

export interface DataSet {
  /** src, big, or what it is made of. */
  readonly name: string;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

export interface BenchData {
  readonly root: string;
  readonly sets: readonly DataSet[];
}

function describe(root: string, name: DataSet['name']): DataSet {
  const folder = path.join(root, name);
  let [files, bytes] = [0, 0];
  for (const file of filesBelow(folder)) {
    files++;
    bytes += fs.statSync(file).size;
  }
  return { name, folder, files, bytes };
}

/** There while the data are being made: what an interrupted run left is not taken for whole. */
const UNFINISHED = '.unfinished';

function isThere(root: string): boolean {
  const has = (name: string): boolean => fs.existsSync(path.join(root, name));
  return has('src') && has('big') && !has(UNFINISHED);
}

async function make(workspace: Workspace, root: string, quick: boolean): Promise<void> {
  fs.mkdirSync(root, { recursive: true });
  fs.writeFileSync(path.join(root, UNFINISHED), '');
  if (quick) makeQuickData(root, QUICK);
  else await makeFullData(workspace, root);
  fs.rmSync(path.join(root, UNFINISHED));
}

/** Left as it was found, also by a run that is interrupted. */
export async function benchData(workspace: Workspace, { quick, data }: BenchOptions): Promise<BenchData> {
  const root = path.resolve(data ?? (quick ? workspace.folder('data') : 'bench-data'));
  if (!isThere(root)) await make(workspace, root, quick);
  revertEdit(root);
  workspace.onEnd(() => {
    if (fs.existsSync(root)) revertEdit(root);
  });
  return { root, sets: [describe(root, 'src'), describe(root, 'big')] };
}
