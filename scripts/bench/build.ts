/** The programs as they are published: compiled and bundled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { bundlePrograms } from '../bundle.ts';
import type { Workspace } from './workspace.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** The same start as that of the published programs: the same flags of V8, at the same cost. */
const LAUNCHER = "import { launch } from '../cli/launch.mjs';\nawait launch(import.meta.url);\n";

/** Files to be run by Node. */
export interface Programs {
  readonly vault: string;
  readonly vaultPeer: string;
  /** The engine without a network (engine/main.ts), started like the others. */
  readonly engine: string;
  /** Pushes chunks to one peer (transport/push-main.ts). */
  readonly push: string;
}

async function compile(workspace: Workspace, outDir: string): Promise<void> {
  const compiler = path.join(PROJECT, 'node_modules/typescript/bin/tsc');
  const settings = path.join(import.meta.dirname, 'tsconfig.json');
  const line = [compiler, '-p', settings, '--outDir', outDir];
  const child = workspace.watch(spawn(process.execPath, line, { stdio: ['ignore', 'inherit', 'inherit'] }));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the programs could not be compiled');
}

/** Laid out like the package: launchers beside `dist`. */
export async function buildPrograms(workspace: Workspace): Promise<Programs> {
  const root = workspace.folder('program');
  const dist = path.join(root, 'dist');
  await compile(workspace, dist);
  fs.copyFileSync(path.join(PROJECT, 'package.json'), path.join(root, 'package.json'));
  fs.symlinkSync(path.join(PROJECT, 'node_modules'), path.join(root, 'node_modules'));
  for (const folder of ['cli', 'peer', 'engine']) fs.mkdirSync(path.join(root, folder));
  const launchers = ['cli/launch.mjs', 'cli/vault.mjs', 'peer/vault-peer.mjs'];
  for (const file of launchers) fs.copyFileSync(path.join(PROJECT, file), path.join(root, file));
  fs.writeFileSync(path.join(root, 'engine/engine.mjs'), LAUNCHER);
  // The launcher runs the program that is named like its own folder.
  await bundlePrograms(dist, {
    cli: 'cli/main.js',
    peer: 'peer/main.js',
    engine: 'scripts/bench/engine/main.js',
  });
  return {
    vault: path.join(root, 'cli/vault.mjs'),
    vaultPeer: path.join(root, 'peer/vault-peer.mjs'),
    engine: path.join(root, 'engine/engine.mjs'),
    push: path.join(dist, 'scripts/bench/transport/push-main.js'),
  };
}
