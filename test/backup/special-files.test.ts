/** Pipes, devices and what no mode lets be read: over what is there, for who is not root, and in archives (C6, C7). */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { devicePacking } from '../../src/backup/device-number.ts';
import { dumpArchive } from '../../src/backup/dump-archive.ts';
import type { Overwrite } from '../../src/backup/file-target.ts';
import { inlineUnpackers } from '../../src/backup/inline-unpackers.ts';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { readableFor } from '../../src/backup/readable-for.ts';
import { type RestoreResult, runRestore } from '../../src/backup/restore.ts';
import { restoreFilter } from '../../src/backup/restore-filter.ts';
import { tarArchive } from '../../src/backup/tar-archive.ts';
import { zipArchive } from '../../src/backup/zip-archive.ts';
import type { DeviceNode, FifoNode } from '../../src/format/tree-page.ts';
import { concatBytes, utf8 } from '../../src/model/bytes.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { HandMadeSnapshot, TEST_KEYS } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const times = { mtime: { seconds: 1e9, nanoseconds: 5 }, ctime: { seconds: 0, nanoseconds: 0 } };
const common = {
  mode: 0o640,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  inode: 1n,
  ...times,
};
const PIPE: FifoNode = { ...common, name: utf8('pipe'), type: 'fifo' };
const ZERO: DeviceNode = {
  ...common,
  name: utf8('zero'),
  type: 'char-device',
  number: { major: 1, minor: 5 },
};

function restore(folder: string, overwrite: Overwrite, root = isRoot): Promise<RestoreResult> {
  const snapshot = new HandMadeSnapshot();
  const file = snapshot.file('file', [utf8('content')]);
  return runRestore({
    root: snapshot.pages([file, PIPE, ZERO]),
    reader: snapshot,
    keys: TEST_KEYS,
    target: new NodeFileTarget({
      folder,
      keys: TEST_KEYS,
      unpackers: inlineUnpackers,
      ...(root ? {} : { makeSpecial: asNobody }),
    }),
    overwrite,
    clock: systemClock,
  });
}

/** What mknod says to who is not root, asked of the system itself. */
function asNobody(
  ...[at, kind]: Parameters<NonNullable<ConstructorParameters<typeof NodeFileTarget>[0]['makeSpecial']>>
): void {
  const script = `import(${JSON.stringify(path.resolve('src/backup/native-nodes.ts'))}).then(({ nativeNodes }) => {
    try { nativeNodes()(Buffer.from(process.argv[1]), JSON.parse(process.argv[2])); }
    catch ({ message, code }) { console.log(JSON.stringify({ message, code })); }
  })`;
  const folder = path.dirname(Buffer.from(at).toString());
  if (isRoot) fs.chmodSync(folder, 0o777);
  const wanted = kind.type === 'fifo' ? { type: kind.type } : { type: kind.type, number: kind.number };
  const line = ['-e', script, path.basename(Buffer.from(at).toString()), JSON.stringify(wanted)];
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const said = execFileSync(process.execPath, line, {
    cwd: fs.realpathSync(folder),
    encoding: 'utf8',
    ...user,
  });
  if (said === '') return;
  const { message, code } = JSON.parse(said) as { message: string; code: string };
  throw Object.assign(new Error(message), { code });
}

describe('pipes and devices', () => {
  it('are left out one by one for who is not root, with a reason, and everything else is restored (C7)', async () => {
    const folder = path.join(temporaryFolder(), 'target');
    const result = await restore(folder, 'fail', false);
    expect(result).toMatchObject({ files: 1, specials: 1, failedCount: 1 });
    expect(result.failed[0]).toMatchObject({ path: 'zero', code: 'target-unwritable' });
    expect(result.failed[0]?.message).toContain('only root may make devices');
    expect(fs.readdirSync(folder).sort()).toEqual(['file', 'pipe']);
    expect(fs.lstatSync(path.join(folder, 'pipe')).isFIFO()).toBe(true);
  }, 60_000);

  it("stay the same pipes under 'if-changed', which programs may have open, with other modes and times", async () => {
    const folder = temporaryFolder();
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '0600', pipe]);
    const { ino } = fs.lstatSync(pipe);
    await restore(folder, 'if-changed');
    const after = fs.lstatSync(pipe, { bigint: true });
    expect([Number(after.ino), Number(after.mode & 0o7777n), after.mtimeNs]).toEqual([
      ino,
      0o640,
      1_000_000_000_000_000_005n,
    ]);
  });

  it('are replaced when asked for, and replace what is of another type', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'pipe'), 'no pipe');
    expect((await restore(folder, 'never')).failedCount).toBe(isRoot ? 0 : 1);
    expect(fs.lstatSync(path.join(folder, 'pipe')).isFile()).toBe(true);
    await restore(folder, 'always');
    expect(fs.lstatSync(path.join(folder, 'pipe')).isFIFO()).toBe(true);
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('.vault'))).toEqual([]);
  });

  it('are in a tar as other programs read it, and told to be missing from a zip', async () => {
    const snapshot = new HandMadeSnapshot();
    const pages = snapshot.pages([PIPE, ZERO]);
    const problems: string[] = [];
    const dump = async (archive: ReturnType<typeof tarArchive>): Promise<Uint8Array> => {
      const parts: Uint8Array[] = [];
      const chunks = new OpenedChunks(snapshot, TEST_KEYS);
      const onProblem = (name: string): void => void problems.push(name);
      for await (const part of dumpArchive(archive, { pages, chunks, onProblem })) parts.push(part);
      return concatBytes(...parts);
    };
    const { stdout } = spawnSync('tar', ['-tv'], { input: await dump(tarArchive()), encoding: 'utf8' });
    expect(stdout).toMatch(/^prw-r-----.* pipe\ncrw-r----- \S+ +1,5 .* zero\n$/);
    expect(problems).toEqual([]);
    await dump(zipArchive());
    expect(problems).toEqual(['pipe', 'zero']);
  });

  it('have numbers as each system packs them', () => {
    const linux = devicePacking('linux');
    const number = { major: 259, minor: 0x1_2345 };
    expect(linux.unpack(linux.pack(number) ?? 0n)).toEqual(number);
    expect(linux.pack({ major: 8, minor: 1 })).toBe(0x801n);
    expect(linux.pack({ major: 0x1000, minor: 0 })).toBeUndefined();
    expect(devicePacking('darwin').pack({ major: 1, minor: 2 })).toBe(0x100_0002n);
    expect(devicePacking('darwin').unpack(0x100_0002n)).toEqual({ major: 1, minor: 2 });
  });
});

describe('what no mode lets be read', () => {
  it('is read by its owner for a moment, and has its modes again', async () => {
    const folder = temporaryFolder();
    const inside = path.join(folder, 'shut', 'file');
    fs.mkdirSync(path.dirname(inside));
    fs.writeFileSync(inside, 'x', { mode: 0 });
    fs.chmodSync(path.dirname(inside), 0o011);
    await readableFor(`${folder}/`, 'shut/file', async () => {
      expect([fs.statSync(path.dirname(inside)).mode & 0o777, fs.statSync(inside).mode & 0o777]).toEqual([
        0o111, 0o400,
      ]);
    });
    fs.chmodSync(path.dirname(inside), 0o711);
    expect(fs.statSync(inside).mode & 0o777).toBe(0);
  });
});

describe('patterns of a restore', () => {
  it('mean names that are not UTF-8 as those of a backup do: each such byte is one character that none of them names', async () => {
    const snapshot = new HandMadeSnapshot();
    const name = Uint8Array.of(0x61, 0xff);
    const restored = async (include: string): Promise<number> => {
      const result = await runRestore({
        root: snapshot.pages([snapshot.file(name, [utf8('x')])]),
        reader: snapshot,
        keys: TEST_KEYS,
        target: new NodeFileTarget({
          folder: path.join(temporaryFolder(), 'target'),
          keys: TEST_KEYS,
          unpackers: inlineUnpackers,
        }),
        overwrite: 'fail',
        filter: restoreFilter({ include: [include] }),
        clock: systemClock,
      });
      return result.files;
    };
    expect(await restored('a?')).toBe(1);
    expect(await restored('a[^x]')).toBe(1);
    expect(await restored('a\u{fffd}')).toBe(0);
    expect(await restored('a??')).toBe(0);
  });
});
