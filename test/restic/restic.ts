/** The restic of this machine, to ask it what it does; where there is none, the tests that need it are skipped and say so. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

function versionHere(): string | undefined {
  const { stdout, status } = spawnSync('restic', ['version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

const HERE: string | undefined = versionHere();

/** Name of a group of tests that ask restic, with what will become of it. */
export const RESTIC_SAYS: string = HERE
  ? `as ${HERE.split(' compiled')[0]} does`
  : 'SKIPPED: restic is not installed';
export const NO_RESTIC: boolean = HERE === undefined;

export function resticIsAtLeast(major: number, minor: number): boolean {
  const [, theirMajor = 0, theirMinor = 0] = (/(\d+)\.(\d+)/.exec(HERE ?? '') ?? []).map(Number);
  return theirMajor > major || (theirMajor === major && theirMinor >= minor);
}

export class Restic {
  readonly #env: NodeJS.ProcessEnv;

  /** Makes a repository in `folder`. `env` is what its commands see besides. */
  constructor(folder: string, env: Readonly<Record<string, string>> = {}) {
    this.#env = {
      ...process.env,
      ...env,
      RESTIC_REPOSITORY: join(folder, 'repository'),
      RESTIC_CACHE_DIR: join(folder, 'cache'),
      RESTIC_PASSWORD: 'restic',
    };
    this.run('init');
  }

  /** Its standard output. Throws when it fails, but not when files could not be read. */
  run(...words: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('restic', words, {
      env: this.#env,
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    if (status === 0 || status === 3) return stdout;
    throw new Error(`restic ${words.join(' ')} ended with ${status}: ${stderr}`);
  }

  /** Paths of everything in a snapshot. */
  paths(snapshot: string): string[] {
    return this.run('ls', '--json', snapshot)
      .split('\n')
      .filter((line) => line.includes('"struct_type":"node"'))
      .map((line) => (JSON.parse(line) as { path: string }).path);
  }
}
