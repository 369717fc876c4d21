/** Does this version of `vault` know relayed push? Asked of its help, so that the benchmark fits versions before and after. */
import { spawnSync } from 'node:child_process';
import type { Programs } from './build.ts';

export type Spread = 'relay' | 'direct';

export const NO_RELAY = 'this version of vault has no --spread: relayed push is not measured';

/** The ways of spreading that can be asked for; one `undefined` where there is no choice. */
export function knownSpreads({ vault }: Programs): readonly (Spread | undefined)[] {
  const { stdout } = spawnSync(process.execPath, [vault, 'backup', '--help'], { encoding: 'utf8' });
  return /--spread\b/.test(stdout) ? ['direct', 'relay'] : [undefined];
}
