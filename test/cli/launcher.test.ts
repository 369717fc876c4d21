import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const VAULT = path.resolve('cli/vault.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'vault-launcher-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A Node of this machine that is too old for us, when it has one. */
async function oldNode(): Promise<string | undefined> {
  for (const file of ['/usr/local/bin/node', '/usr/bin/node']) {
    try {
      const { stdout } = await run(file, ['--version']);
      const [major = 0, minor = 0] = stdout.slice(1).split('.').map(Number);
      if (major < 24 || (major === 24 && minor < 7)) return file;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

const old = await oldNode();

describe('the launcher', () => {
  it('says nothing about experimental features', async () => {
    const { stdout, stderr } = await run(process.execPath, [VAULT, '--version']);
    expect(stdout).toMatch(/^vault /);
    expect(stderr).toBe('');
  });

  it.skipIf(process.platform === 'win32').each([process.execPath, ...(old ? [old] : [])])(
    'ends like any other program when the reader of its output has gone, under %s',
    async (node) => {
      const gone = '"$0" "$1" completion bash | exec 0<&-; echo "$PIPESTATUS"';
      const { stdout, stderr } = await run('bash', ['-c', gone, node, VAULT]);
      expect({ stdout, stderr }).toEqual({ stdout: '141\n', stderr: '' });
    },
  );

  it.skipIf(old === undefined)(
    'finds the right Node beside an old one, and keeps the exit code',
    async () => {
      const { stdout } = await run(old ?? '', [VAULT, '--version']);
      expect(stdout).toMatch(/^vault /);
      await expect(
        run(old ?? '', [VAULT, 'snapshots'], { env: { VAULT_HOME: '/nonexistent' } }),
      ).rejects.toMatchObject({
        code: 10,
      });
    },
  );

  it.skipIf(old === undefined)('says in one line that Node is too old when there is no other', async () => {
    cpSync('cli/vault.mjs', path.join(folder, 'cli/vault.mjs'));
    cpSync('cli/launch.mjs', path.join(folder, 'cli/launch.mjs'));
    const failed = run(old ?? '', [path.join(folder, 'cli/vault.mjs'), '--version']);
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^vault-mesh needs Node 24\.7 or newer; this is Node [\d.]+\.\n$/,
      ) as string,
    });
  });
});
