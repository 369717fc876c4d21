import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMesh } from './mesh-fixture.ts';

const run = promisify(execFile);
const VAULT = path.resolve('cli/vault.mjs');

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

const CAN_MOUNT = isInstalled('mount.davfs') && process.getuid?.() === 0 && existsSync('/dev/fuse');

/** One story, told in order, with a real `vault mount` process and the clients that Linux has. */
describe('a peer, a vault and its mount', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  let child: ChildProcess;
  let url = '';
  const messages: Record<string, unknown>[] = [];

  beforeAll(async () => {
    mkdirSync(path.join(source, 'a folder'), { recursive: true });
    writeFileSync(path.join(source, 'a folder', 'é #1.txt'), 'hello\n');
    writeFileSync(path.join(source, 'large'), randomBytes(5_000_000));
    symlinkSync('large', path.join(source, 'link'));
    await mesh.add(1);
    expect((await mesh.vault(['init', '--ticket', mesh.ticket, '--copies', '1', '--json'])).code).toBe(0);
    expect((await mesh.vault(['backup', source, '--tag', 'first'])).code).toBe(0);
    const env = { ...process.env, VAULT_HOME: path.join(mesh.root, 'home'), VAULT_PASSWORD: 'passphrase' };
    child = spawn(process.execPath, [VAULT, 'mount', '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (!child.stdout) throw new Error('no pipe');
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => messages.push(JSON.parse(line) as Record<string, unknown>));
    const failed = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`vault mount ended with ${code}`)),
    );
    failed.catch(() => undefined);
    await Promise.race([once(lines, 'line'), failed]);
    url = String(messages[0]?.url);
  }, 240_000);
  afterAll(async () => {
    child?.kill('SIGKILL');
    await mesh.end();
  });

  it('prints its address, which no other run has and only this machine can reach', () => {
    expect(messages[0]).toMatchObject({ message_type: 'mounted', snapshots: 1 });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/);
  });

  it('serves what was backed up', async () => {
    const large = await fetch(`${url}latest${source}/large`);
    expect(Buffer.from(await large.arrayBuffer()).equals(readFileSync(path.join(source, 'large')))).toBe(
      true,
    );
    expect(await (await fetch(`${url}tags/first/latest${source}/a%20folder/%C3%A9%20%231.txt`)).text()).toBe(
      'hello\n',
    );
  });

  it('lets this machine back up meanwhile, and shows the new snapshot', async () => {
    writeFileSync(path.join(source, 'new'), 'new\n');
    expect((await mesh.vault(['backup', source])).code).toBe(0);
    const read = async (): Promise<string> => (await fetch(`${url}latest${source}/new`)).text();
    await expect.poll(read, { timeout: 60_000, interval: 1000 }).toBe('new\n');
  }, 120_000);

  it.skipIf(!isInstalled('rclone'))(
    'is the same files to rclone, byte for byte (needs rclone)',
    async () => {
      const env = { ...process.env, RCLONE_CONFIG: '/dev/null', RCLONE_WEBDAV_URL: url };
      const line = ['check', `:webdav:latest${source}`, source, '--download', '--copy-links'];
      const { stderr } = await run('rclone', line, { env });
      expect(stderr).toContain('0 differences found');
      expect(stderr).toContain('4 matching files');
      const writing = run('rclone', ['touch', ':webdav:latest/x', '--retries', '1'], { env });
      await expect(writing).rejects.toMatchObject({ stderr: expect.stringContaining('403') as string });
    },
    120_000,
  );

  it.skipIf(!isInstalled('cadaver'))(
    'can be looked at with cadaver (needs cadaver)',
    () => {
      const input = `ls "latest${source}"\nput ${VAULT}\nquit\n`;
      const { stdout } = spawnSync('cadaver', [url], { input, encoding: 'utf8' });
      expect(stdout).toMatch(/Coll: +a folder/);
      expect(stdout).toMatch(/large +5000000/);
      expect(stdout).toContain('403 Forbidden');
    },
    60_000,
  );

  it.skipIf(!CAN_MOUNT)(
    'can be mounted with davfs2 (needs davfs2, root and /dev/fuse)',
    () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'vault-mounted-'));
      const mounted = spawnSync('mount', ['-t', 'davfs', '-o', 'ro', url, folder], { input: '\n\n' });
      expect(mounted.status).toBe(0);
      try {
        const below = path.join(folder, 'latest', source);
        expect(readFileSync(path.join(below, 'a folder', 'é #1.txt'), 'utf8')).toBe('hello\n');
        expect(readFileSync(path.join(below, 'link')).equals(readFileSync(path.join(source, 'large')))).toBe(
          true,
        );
        expect(() => writeFileSync(path.join(below, 'x'), 'x')).toThrow('EROFS');
      } finally {
        spawnSync('umount', [folder]);
        rmSync(folder, { recursive: true });
      }
    },
    120_000,
  );

  it('ends with 0 on SIGTERM, and nothing answers any more', async () => {
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(messages.at(-1)).toEqual({ message_type: 'unmounted' });
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);
});
