/** `vault demo`: five real peers, a backup, two kills, and everything back; nothing is left behind. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock, VaultError } from '../../src/index.ts';
import { DemoMesh } from '../demo/demo-mesh.ts';
import { reportDemo } from '../demo/demo-report.ts';
import { runDemo } from '../demo/run-demo.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import type { Session } from '../terminal/session.ts';
import { packageRoot } from '../terminal/version.ts';

interface DemoPlan {
  /** Absolute. */
  readonly source: string;
}

function parseDemo(args: Arguments): DemoPlan {
  const [folder, extra] = args.positionals;
  if (extra !== undefined) throw new VaultError('usage', `one directory only; "${extra}" is too much`);
  const source = folder === undefined ? packageRoot() : path.resolve(folder);
  if (!existsSync(source) || !statSync(source).isDirectory()) {
    throw new VaultError('usage', `${source} is no directory`);
  }
  return { source: realpathSync(source) };
}

function refuseTemporaryInside(source: string): void {
  const temporary = `${realpathSync(os.tmpdir())}${path.sep}`;
  if (!temporary.startsWith(`${source === path.sep ? '' : source}${path.sep}`)) return;
  throw new VaultError('usage', `the demo works in ${temporary}, which lies inside ${source}`, {
    hint: 'Choose another directory, or set TMPDIR to a place outside of it.',
  });
}

async function run({ source }: DemoPlan, session: Session): Promise<number> {
  refuseTemporaryInside(source);
  const startedMs = systemClock.now();
  const program = path.join(packageRoot(), 'peer', 'vault-peer.mjs');
  const mesh = new DemoMesh(program, session.signal);
  let code: number;
  try {
    code = reportDemo(session, await runDemo(session, mesh, source), startedMs);
  } finally {
    await mesh.end();
  }
  return code;
}

export const demo: CommandSpec = defineCommand<DemoPlan>({
  name: 'demo',
  summary: 'see it work: five peers on this machine, two of them killed, everything restored',
  usage: '[DIR]',
  options: [],
  details: `
Starts five real vault-peer processes on loopback in a temporary folder (TMPDIR), backs up DIR (default: this program's own folder with
everything in it), prints the ranked peers and the copies of every chunk, kills two holders with SIGKILL, restores on an empty client from
nothing but the 24 words and the ticket, and compares every byte, mode, time, attribute and link. Leaves no process and no file behind.
Files that change in DIR meanwhile are named and not counted as differences.`,
  parse: parseDemo,
  run,
});
