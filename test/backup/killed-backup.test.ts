/** A backup process that is killed outright, again and again: the next one goes on where it was (L2). */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { temporaryFolder } from './temporary-folder.ts';

const CHILD = fileURLToPath(new URL('backup-child.ts', import.meta.url));

/** Exit code, or the signal that ended it. */
function run(source: string, home: string, killAfter: number): Promise<number | string | null> {
  const child = spawn(process.execPath, [CHILD, source, home, String(killAfter)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
}

it('sends each chunk once over three kills with -9 and ends with a snapshot', async () => {
  const random = new SeededRandom('killed');
  const [source, home] = [temporaryFolder(), temporaryFolder()];
  for (let i = 0; i < 6; i++) fs.writeFileSync(join(source, `large-${i}`), random.bytes(1 * MiB));
  for (let i = 0; i < 200; i++) fs.writeFileSync(join(source, `small-${i}`), random.bytes(20_000));
  for (const killAfter of [2, 5, 7]) expect(await run(source, home, killAfter)).toBe('SIGKILL');
  expect(await run(source, home, Number.MAX_SAFE_INTEGER)).toBe(0);
  const acknowledged = fs.readFileSync(join(home, 'acknowledged'), 'utf8').trim().split('\n');
  const repeated = acknowledged.filter((digest, i) => acknowledged.indexOf(digest) !== i);
  // The chunk whose acknowledgement the killed process had not yet written down may come twice, once per kill.
  expect(repeated.length).toBeLessThanOrEqual(3);
  expect(fs.existsSync(join(home, 'snapshot'))).toBe(true);
}, 60_000);
