/**
 * The data that the goals speak of, about 3 GiB. src: 88,000 small files of the system's headers, documentation and Python, and of
 * npm packages with pinned versions. big: 1 GiB of noise, and the first 1 GiB of a sorted tar of /usr/lib. What is there stays.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { GiB } from '../../../src/model/units.ts';
import type { Workspace } from '../workspace.ts';
import { writeNoise } from './noise.ts';

const FOLDERS = ['/usr/include', '/usr/share/doc'];
const PACKAGES =
  'next@14.2.5 typescript@5.5.4 @mui/material@5.16.7 @mui/icons-material@5.16.7 webpack@5.93.0 eslint@8.57.0 jest@29.7.0 aws-sdk@2.1670.0 three@0.167.1 date-fns@3.6.0 rxjs@7.8.1 lodash@4.17.21 googleapis@140.0.1 @angular/core@18.1.4 @angular/material@18.1.4 core-js@3.38.0 react@18.3.1 react-dom@18.3.1';
const INSTALL = 'install --legacy-peer-deps --ignore-scripts --no-audit --no-fund --no-progress';

async function run(workspace: Workspace, line: readonly string[], cwd?: string): Promise<void> {
  const [program = '', ...args] = line;
  const where = cwd === undefined ? {} : { cwd };
  const child = workspace.watch(spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...where }));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${line.slice(0, 3).join(' ')} ended with ${code}`);
}

/** Built beside its place and renamed, so that an interrupted build is never taken for a whole one. */
async function build(place: string, make: (partial: string) => Promise<void> | void): Promise<void> {
  if (fs.existsSync(place)) return;
  const partial = `${place}.part`;
  fs.rmSync(partial, { recursive: true, force: true });
  await make(partial);
  fs.renameSync(partial, place);
}

async function installTrees(workspace: Workspace, folder: string): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  await run(workspace, ['npm', 'init', '-y'], folder);
  await run(workspace, ['npm', ...INSTALL.split(' '), ...PACKAGES.split(' ')], folder);
}

function pythons(): readonly string[] {
  const names = fs.readdirSync('/usr/lib').filter((name) => name.startsWith('python3'));
  return names.map((name) => path.join('/usr/lib', name));
}

/** The first `bytes` of a tar of /usr/lib in order of names. */
async function writeTar(workspace: Workspace, file: string, bytes: number): Promise<void> {
  const args = ['--sort=name', '-cf', '-', '-C', '/', 'usr/lib'];
  const child = workspace.watch(spawn('tar', args, { stdio: ['ignore', 'pipe', 'ignore'] }));
  const to = fs.openSync(file, 'w');
  let left = bytes;
  for await (const data of child.stdout as AsyncIterable<Buffer>) {
    left -= fs.writeSync(to, data, 0, Math.min(left, data.length));
    if (left === 0) break; // closes the pipe, which ends tar
  }
  fs.closeSync(to);
}

/** Below `root`: src and big. */
export async function makeFullData(workspace: Workspace, root: string): Promise<void> {
  const [src, big, trees] = [path.join(root, 'src'), path.join(root, 'big'), path.join(root, '.trees')];
  for (const folder of [src, big]) fs.mkdirSync(folder, { recursive: true });
  await build(trees, (partial) => installTrees(workspace, partial));
  const copy = (from: string, to: string) =>
    build(path.join(src, to), (partial) => run(workspace, ['cp', '-a', from, partial]));
  for (const from of [...FOLDERS, ...pythons()]) await copy(from, path.basename(from));
  await copy(trees, 'trees');
  await build(path.join(big, 'random.bin'), (partial) => writeNoise(partial, GiB));
  await build(path.join(big, 'usrlib.tar'), (partial) => writeTar(workspace, partial, GiB));
}
