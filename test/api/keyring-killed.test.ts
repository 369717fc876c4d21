import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemSurroundings } from '../../src/api/system-surroundings.ts';
import { openKeyring } from '../../src/api/vault-keyring.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { systemRandom } from '../../src/runtime/system-random.ts';
import { createDevice } from '../../src/vault/device.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';

const SCRIPT = join(import.meta.dirname, 'passwd-until-killed.ts');
const CHEAP = { memoryKiB: 64, passes: 1, parallelism: 1 };

/** Which passphrases open the home; there must be exactly one. */
async function opening(home: string): Promise<string[]> {
  const found: string[] = [];
  for (const passphrase of ['one', 'two']) {
    try {
      await openKeyring({ home, passphrase }, { ...systemSurroundings, boxCost: CHEAP });
      found.push(passphrase);
    } catch (error) {
      if (!isVaultError(error, 'wrong-passphrase')) throw error;
    }
  }
  return found;
}

test('a vault opens with the old or the new passphrase when a change is killed with SIGKILL at any moment (C1)', async () => {
  const home = await mkdtemp(join(tmpdir(), 'vault-keyring-killed-'));
  try {
    const keys = deriveVaultKeys(new Uint8Array(32).fill(4));
    const device = createDevice(keys, 'laptop', new Uint8Array(32).fill(5), 1);
    const parts = { passphrase: 'one', boxCost: CHEAP, keys, device, ticket: 'vaultmesh1abc', copies: 3 };
    await VaultHome.create(nodeDisk(), systemRandom, home, parts);
    let now = 'one';
    for (const changes of [1, 4, 9, 16, 25, 30]) {
      const child = spawn(process.execPath, [SCRIPT, home, now], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = once(child, 'exit');
      let told = 0;
      for await (const _line of createInterface({ input: child.stdout })) {
        if (++told === changes) child.kill('SIGKILL');
      }
      await gone;
      expect(told).toBeGreaterThanOrEqual(changes);
      const [opened = '', ...more] = await opening(home);
      expect(more).toEqual([]);
      expect(['one', 'two']).toContain(opened);
      now = opened;
    }
  } finally {
    await rm(home, { recursive: true });
  }
}, 60_000);
