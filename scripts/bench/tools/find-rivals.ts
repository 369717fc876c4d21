/** Which rivals there are on the PATH. */
import { spawnSync } from 'node:child_process';
import type { Workspace } from '../workspace.ts';
import { borg } from './borg.ts';
import { restic } from './restic.ts';
import type { Rival } from './rival.ts';

interface KnownRival {
  readonly program: string;
  readonly asked: readonly string[];
  readonly install: string;
  readonly make: (workspace: Workspace, version: string) => Rival;
}

const KNOWN: readonly KnownRival[] = [
  { program: 'restic', asked: ['version'], install: 'apt-get install restic', make: restic },
  { program: 'borg', asked: ['--version'], install: 'apt-get install borgbackup', make: borg },
];

/** "restic 0.14.0 compiled with ..." -> "0.14.0"; `undefined` when the program cannot be run. */
function versionOf({ program, asked }: KnownRival): string | undefined {
  const { status, stdout } = spawnSync(program, asked, { encoding: 'utf8' });
  return status === 0 ? (/\d+(?:\.\w+)+/.exec(stdout)?.[0] ?? 'of unknown version') : undefined;
}

/** `missing` says how to install each that is not there. */
export function findRivals(workspace: Workspace): {
  readonly rivals: readonly Rival[];
  readonly missing: readonly string[];
} {
  const rivals: Rival[] = [];
  const missing: string[] = [];
  for (const known of KNOWN) {
    const version = versionOf(known);
    if (version === undefined) missing.push(`${known.program} is not on the PATH: ${known.install}`);
    else rivals.push(known.make(workspace, version));
  }
  return { rivals, missing };
}
