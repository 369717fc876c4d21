/** The torture tree through the real programs: backed up, restored, and compared by rsync, which knows nothing of us (C6). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeFiles } from '../../src/backup/native-files.ts';
import { GiB, MiB } from '../../src/model/units.ts';
import { TestMesh } from './mesh-fixture.ts';
import { HARD_LINKS, SPARSE_BYTES, TortureTree } from './torture-tree.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
/** Machines that run tests may be busy with other things. */
const COMMAND_MS = 300_000;
const VAULT = path.resolve('cli/vault.mjs');
const hasRsync = spawnSync('rsync', ['--version']).status === 0;
const who = isRoot
  ? 'as root: with owners, devices, mode 000, trusted and security attributes'
  : 'as an ordinary user: without owners, devices, mode 000, trusted and security attributes, which need root';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe.skipIf(process.platform !== 'linux')(`the torture tree, ${who}`, () => {
  const mesh = new TestMesh();
  const tree = new TortureTree(path.join(mesh.root, 'source'), isRoot);
  const target = path.join(mesh.root, 'target');

  /** The program as a process of its own: the event loop of this one keeps a socket alive. */
  async function vault(line: readonly string[], user?: number): Promise<Said> {
    const child = spawn(process.execPath, [VAULT, ...line], {
      env: {
        PATH: process.env.PATH,
        HOME: mesh.root,
        VAULT_HOME: path.join(mesh.root, 'home'),
        VAULT_PASSWORD: 'passphrase',
        NODE_DISABLE_COMPILE_CACHE: '1',
      },
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const said = { out: '', err: '' };
    child.stdout.on('data', (text) => (said.out += text));
    child.stderr.on('data', (text) => (said.err += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, ...said };
  }

  beforeAll(async () => {
    await mesh.add(1);
    await tree.make();
    expect(await vault(['init', '--ticket', mesh.ticket, '--copies', '1'])).toMatchObject({ code: 0 });
    const backup = await vault(['backup', tree.folder, '--json']);
    expect(backup.err).toBe('');
    const summary = backup.out.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(summary)).toMatchObject({
      special_skipped: 1,
      total_specials_processed: isRoot ? 3 : 1,
    });
    const line = ['restore', `latest:${tree.folder}`, '--target', target, '--numeric-owner', '--json'];
    const restored = await vault(line);
    expect([restored.code, restored.err]).toEqual([0, '']);
  }, 600_000);
  afterAll(async () => {
    tree.close();
    spawnSync('chmod', ['-R', 'u+rwX', tree.folder, target]); // who is not root removes nothing from a read-only folder
    await mesh.end();
  }, COMMAND_MS);

  it.skipIf(!hasRsync)(
    'comes back so that rsync -naHAXc --delete finds nothing to do but the socket, which no backup keeps (skipped without rsync)',
    () => {
      const { stdout, stderr, status } = spawnSync(
        'rsync',
        ['-naHAXc', '--itemize-changes', '--delete', '--exclude=/sparse', `${tree.folder}/`, `${target}/`],
        { encoding: 'utf8', maxBuffer: 64 * MiB },
      );
      expect([status, stderr, stdout]).toEqual([0, '', 'cS+++++++++ socket\n']);
    },
    COMMAND_MS,
  );

  it('has its 4 GiB file of holes in a few blocks, with every byte that is none in its place', () => {
    const file = path.join(target, 'sparse');
    const { size, blocks, mtimeNs } = fs.statSync(file, { bigint: true });
    expect([Number(size), mtimeNs]).toEqual([SPARSE_BYTES, 1_000_000_000_000_000_007n]);
    expect(Number(blocks) * 512).toBeLessThan(MiB);
    expect(dataOf(file)).toEqual(dataOf(tree.at('sparse')));
  });

  it(`has ${HARD_LINKS} names of one file`, () => {
    const links = path.join(target, 'hard-links');
    const [first, last] = [`0`, `${HARD_LINKS - 1}`].map((name) => fs.statSync(path.join(links, name)));
    expect(first).toMatchObject({ nlink: HARD_LINKS, ino: last?.ino });
  });

  it(
    'is told with types, devices and birth times by ls --json',
    async () => {
      const { out } = await vault(['ls', 'latest', tree.at('specials'), '--json']);
      const nodes = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ message_type: type }) => type === 'node');
      expect(nodes.map(({ name, type }) => [name, type])).toEqual(
        isRoot
          ? [
              ['disk', 'dev'],
              ['null', 'chardev'],
              ['pipe', 'fifo'],
            ]
          : [['pipe', 'fifo']],
      );
      const { birthtimeMs } = fs.statSync(tree.at('specials', 'pipe'));
      const { btime } = nodes.at(-1) ?? {};
      if (birthtimeMs > 0) expect(Math.abs(Date.parse(String(btime)) - birthtimeMs)).toBeLessThan(2);
      if (isRoot) expect(nodes[0]).toMatchObject({ device_major: 259, device_minor: 70_000 });
    },
    COMMAND_MS,
  );

  it.skipIf(!isRoot)(
    'comes back to an ordinary user as far as one may: devices are named as left out, and --verify reads what has mode 000',
    async (test) => {
      fs.chmodSync(mesh.root, 0o711);
      spawnSync('chown', ['-R', `${NOBODY}`, path.join(mesh.root, 'home')]);
      if ((await vault(['--version'], NOBODY)).code !== 0) test.skip('no other user can read this checkout');
      const own = path.join(mesh.root, 'own');
      fs.mkdirSync(own);
      fs.chownSync(own, NOBODY, NOBODY);
      const line = ['restore', `latest:${tree.folder}`, '--target', path.join(own, 'target')];
      const few = ['--include', 'modes', '--include', 'specials', '--include', 'attributes', '--verify'];
      const { code, out, err } = await vault([...line, ...few], NOBODY);
      expect(err.match(/only root may make devices/g)).toHaveLength(2);
      expect(err).toContain('specials/disk');
      expect(out).toContain('failed    2 files');
      expect(out).toMatch(/verified {2}1\d files/);
      expect(code).toBe(1);
      const stat = (name: string): fs.Stats => fs.lstatSync(path.join(own, 'target', name));
      expect(stat('specials/pipe').isFIFO()).toBe(true);
      expect([stat('modes/0').mode & 0o7777, stat('modes/folder 0').mode & 0o7777]).toEqual([0, 0]);
      expect(stat('modes/0').uid).toBe(NOBODY);
    },
    COMMAND_MS,
  );
});

/** Where a file has data, and what. */
function dataOf(file: string): readonly (readonly [at: number, text: string])[] {
  const fd = fs.openSync(file, 'r');
  const found: [number, string][] = [];
  const block = Buffer.alloc(64);
  for (let at = 0; at < SPARSE_BYTES; at += MiB) {
    const next = nativeFiles()?.nextData(fd, at);
    if (typeof next !== 'number') break;
    at = next;
    const length = fs.readSync(fd, block, 0, block.length, next === 0 ? 0 : 2 * GiB + 77);
    found.push([next, block.toString('latin1', 0, length)]);
  }
  fs.closeSync(fd);
  return found;
}
