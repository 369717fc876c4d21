/** A restore process that is killed outright, again and again: the next one goes on where it was (T3). */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compareFolders } from '../../src/backup/compare-folders.ts';
import { MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Exit code, or the signal that ended it. */
function run(program: string, ...args: string[]): Promise<number | string | null> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
}

const never = String(Number.MAX_SAFE_INTEGER);
/** Asked for at a time, so that so many may be on their way when it is killed. */
const ON_THEIR_WAY = 16;

it('fetches only what is missing after each of two kills with -9, shows nothing half done, and leaves no trace', async () => {
  const random = new SeededRandom('killed');
  const [source, home, folder] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const target = join(folder, 'restored');
  for (let i = 0; i < 2; i++) fs.writeFileSync(join(source, `large-${i}`), random.bytes(24 * MiB));
  for (let i = 0; i < 200; i++) fs.writeFileSync(join(source, `small-${i}`), random.bytes(20_000));
  expect(await run('backup-child.ts', source, home, never)).toBe(0);
  const chunks = fs.readFileSync(join(home, 'acknowledged'), 'utf8').trim().split('\n').length;
  for (const killAfter of [30, 25]) {
    expect(await run('restore-child.ts', home, target, String(killAfter))).toBe('SIGKILL');
    const there = join(target, source);
    for (const name of fs.existsSync(there) ? fs.readdirSync(there) : []) {
      if (name.startsWith('.vault-restore-')) continue;
      const same = fs.readFileSync(join(there, name)).equals(fs.readFileSync(join(source, name)));
      expect([name, same]).toEqual([name, true]);
    }
  }
  expect(await run('restore-child.ts', home, target, never)).toBe(0);
  expect(JSON.parse(fs.readFileSync(join(home, 'restored'), 'utf8'))).toEqual({
    failedCount: 0,
    resumed: true,
  });
  const { differences } = await compareFolders({ expected: source, actual: join(target, source) });
  expect(differences).toEqual([]);
  const left = fs.readdirSync(target, { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => name.includes('.vault-restore'))).toEqual([]);
  const fetched = fs.readFileSync(join(home, 'fetched'), 'utf8').trim().split('\n');
  expect(fetched.length).toBeGreaterThan(55);
  // Again come what was on its way, and the few chunks of directories.
  expect(fetched.length - new Set(fetched).size).toBeLessThanOrEqual(2 * (ON_THEIR_WAY + 4));
  expect(new Set(fetched).size).toBeLessThanOrEqual(chunks);
}, 300_000);
