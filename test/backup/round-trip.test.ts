/** Row by row of docs/fidelity.md: what is backed up from a real folder comes back into another one as it was (C6). */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compareFolders } from '../../src/backup/compare-folders.ts';
import { devicePacking } from '../../src/backup/device-number.ts';
import { nativeNodes } from '../../src/backup/native-nodes.ts';
import { nativeTimes } from '../../src/backup/native-times.ts';
import { nativeXattrs } from '../../src/backup/native-xattrs.ts';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { runRestore } from '../../src/backup/restore.ts';
import { threadUnpackers } from '../../src/backup/thread-unpackers.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { KEYS, Rehearsal } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const isRoot = process.getuid?.() === 0;
const random = new SeededRandom('round trip');
/** u::rw- user:1:r-- g::r-- m::r-- o::---, as acl(5) stores it: version 2, then tag, permissions, id. */
const ACL = new Uint8Array(
  Buffer.from(
    '0200000001000600ffffffff020004000100000004000400ffffffff10000400ffffffff20000000ffffffff',
    'hex',
  ),
);

/** Backs `folder` up and restores it; answers with where it is restored. Expects no difference of any kind. */
async function roundTrip(folder: string): Promise<string> {
  const mesh = new Rehearsal();
  const device = mesh.device();
  const { snapshotId, unreadableCount } = await device.backup([folder]);
  expect(unreadableCount).toBe(0);
  const record = device.state.snapshots().find(({ id }) => id === snapshotId);
  const target = join(temporaryFolder(), 'restored');
  const result = await runRestore({
    root: record?.snapshot.root ?? [],
    path: utf8(folder),
    reader: mesh.store,
    keys: KEYS,
    target: new NodeFileTarget({ folder: target, keys: KEYS, unpackers: threadUnpackers }),
    overwrite: 'fail',
    clock: systemClock,
  });
  expect(result.failed).toEqual([]);
  const { differences } = await compareFolders({ expected: folder, actual: target, self: true });
  expect(differences).toEqual([]);
  return target;
}

function modeOf(folder: string, name: string): number {
  return fs.lstatSync(join(folder, name)).mode & 0o7777;
}

describe('the round trip keeps', () => {
  it('content: nothing, one byte, around the sizes of bundles and pieces, and many pieces', async () => {
    const folder = temporaryFolder();
    const sizes = [0, 1, 256 * KiB - 1, 256 * KiB, 256 * KiB + 1, MiB, 5 * MiB + 3];
    for (const size of sizes) fs.writeFileSync(join(folder, `${size}`), random.bytes(size));
    const target = await roundTrip(folder);
    expect(fs.readdirSync(target)).toHaveLength(sizes.length);
  });

  it('names: not UTF-8, with newlines and quotes, as long as can be', async () => {
    const folder = temporaryFolder();
    const names = [
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from('line\nbreak'),
      Buffer.from(`" ' \\ \t *?`),
      Buffer.alloc(255, 'n'),
      Buffer.from('e\u0301'),
      Buffer.from('\u00e9'),
    ];
    for (const name of names) {
      const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
      fs.mkdirSync(path);
      fs.writeFileSync(Buffer.concat([path, Buffer.from('/'), name]), name);
    }
    const target = await roundTrip(folder);
    expect(fs.readdirSync(target)).toHaveLength(names.length);
  });

  it('modes: setuid, setgid, sticky, read-only folders, and files that nobody may read', async () => {
    const folder = temporaryFolder();
    const modes = {
      plain: 0o640,
      setuid: 0o4755,
      setgid: 0o2755,
      ...(isRoot ? { nothing: 0 } : { mine: 0o400 }),
    };
    for (const [name, mode] of Object.entries(modes)) {
      fs.writeFileSync(join(folder, name), name);
      fs.chmodSync(join(folder, name), mode);
    }
    for (const [name, mode] of Object.entries({ sticky: 0o1777, readOnly: 0o555 })) {
      fs.mkdirSync(join(folder, name));
      fs.writeFileSync(join(folder, name, 'file'), name);
      fs.chmodSync(join(folder, name), mode);
    }
    const target = await roundTrip(folder);
    for (const [name, mode] of Object.entries(modes)) expect(modeOf(target, name)).toBe(mode);
    expect([modeOf(target, 'sticky'), modeOf(target, 'readOnly')]).toEqual([0o1777, 0o555]);
    for (const each of [folder, target]) fs.chmodSync(join(each, 'readOnly'), 0o755);
  });

  it('times: to the nanosecond, before 1970 and after 2038, of files, folders and links', async () => {
    const folder = temporaryFolder();
    const { setTimes } = nativeTimes();
    fs.writeFileSync(join(folder, 'file'), 'x');
    fs.mkdirSync(join(folder, 'folder'));
    fs.writeFileSync(join(folder, 'folder/inside'), 'y');
    fs.symlinkSync('file', join(folder, 'link'));
    setTimes(utf8(join(folder, 'file')), { seconds: -1, nanoseconds: 1 });
    setTimes(utf8(join(folder, 'folder')), { seconds: 4_102_444_800, nanoseconds: 123_456_789 });
    setTimes(utf8(join(folder, 'link')), { seconds: 1, nanoseconds: 999_999_999 });
    const target = await roundTrip(folder);
    const stat = fs.lstatSync(join(target, 'file'), { bigint: true });
    expect(stat.mtimeNs).toBe(-999_999_999n);
  });

  it('extended attributes and ACLs: of files and folders, with the mode they go with', async () => {
    const folder = temporaryFolder();
    fs.mkdirSync(join(folder, 'd'));
    fs.writeFileSync(join(folder, 'd', 'f'), 'content', { mode: 0o640 });
    fs.writeFileSync(join(folder, 'bare'), '');
    const native = nativeXattrs();
    const set = (name: string, attribute: string, value: Uint8Array): void =>
      native?.write(utf8(join(folder, name)), { name: utf8(attribute), value });
    try {
      set('d', 'user.folder', utf8('1'));
    } catch (error) {
      expect(String(error)).toContain('ENOTSUP'); // a file system without attributes: nothing to keep
      return;
    }
    set('d/f', 'user.empty', new Uint8Array());
    set('d/f', 'user.raw', random.bytes(300));
    if (process.platform === 'linux') set('d/f', 'system.posix_acl_access', ACL);
    const target = await roundTrip(folder);
    const restored = native
      ?.read(utf8(join(target, 'd', 'f')))
      .map(({ name }) => Buffer.from(name).toString());
    if (process.platform === 'linux') {
      expect(restored).toEqual(['system.posix_acl_access', 'user.empty', 'user.raw']);
    }
    expect(native?.read(utf8(join(target, 'bare')))).toEqual([]);
  });

  it('links: relative, absolute, dangling, to themselves, not UTF-8', async () => {
    const folder = temporaryFolder();
    const targets = ['../up', '/etc/hosts', '/no/such/place', 'itself', Buffer.from([0xff, 0x2f, 0xfe])];
    for (const [i, target] of targets.entries()) fs.symlinkSync(target, join(folder, `${i}`));
    fs.symlinkSync('itself', join(folder, 'itself'));
    const target = await roundTrip(folder);
    expect(fs.readlinkSync(join(target, '0'))).toBe('../up');
  });

  it('hard links: which names are one file, small and large, across folders', async () => {
    const folder = temporaryFolder();
    for (const name of ['a', 'b', 'c']) fs.mkdirSync(join(folder, name));
    for (const [name, size] of Object.entries({ small: 10, large: 3 * MiB, none: 0 })) {
      fs.writeFileSync(join(folder, 'a', name), random.bytes(size));
      for (const other of ['b', 'c']) fs.linkSync(join(folder, 'a', name), join(folder, other, name));
    }
    const target = await roundTrip(folder);
    expect(fs.statSync(join(target, 'c/large')).nlink).toBe(3);
  });

  it('folders: empty, and a hundred deep', async () => {
    const folder = temporaryFolder();
    fs.mkdirSync(join(folder, 'empty'));
    fs.mkdirSync(join(folder, 'd/'.repeat(100)), { recursive: true });
    const target = await roundTrip(folder);
    expect(fs.readdirSync(join(target, 'd/'.repeat(100)))).toEqual([]);
  });

  it('holes: a sparse file stays sparse', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'sparse');
    fs.writeFileSync(path, 'start');
    fs.truncateSync(path, 20 * MiB);
    const fd = fs.openSync(path, 'r+');
    fs.writeSync(fd, 'middle', 10 * MiB + 77);
    fs.closeSync(fd);
    const target = await roundTrip(folder);
    expect(fs.statSync(join(target, 'sparse')).blocks * 512).toBeLessThan(MiB);
  });

  it('pipes: with mode and times, never opened', async () => {
    const folder = temporaryFolder();
    execFileSync('mkfifo', ['-m', '0642', join(folder, 'pipe')]);
    nativeTimes().setTimes(utf8(join(folder, 'pipe')), { seconds: -5, nanoseconds: 7 });
    const target = await roundTrip(folder);
    const pipe = fs.lstatSync(join(target, 'pipe'), { bigint: true });
    expect([pipe.isFIFO(), Number(pipe.mode & 0o7777n), pipe.mtimeNs]).toEqual([
      true,
      0o642,
      -4_999_999_993n,
    ]);
  });

  it.runIf(isRoot)('devices, when root: which they are, mode, owner and times, never opened', async () => {
    const folder = temporaryFolder();
    const make = nativeNodes();
    const disk = { type: 'block-device', number: { major: 259, minor: 0x1_2345 } } as const;
    make(utf8(join(folder, 'zero')), { type: 'char-device', number: { major: 1, minor: 5 } });
    make(utf8(join(folder, 'disk')), disk);
    fs.chmodSync(join(folder, 'zero'), 0o666);
    fs.chownSync(join(folder, 'disk'), 1001, 6);
    const target = await roundTrip(folder);
    const { rdev } = fs.lstatSync(join(target, 'disk'), { bigint: true });
    expect(devicePacking().unpack(rdev)).toEqual(disk.number);
  });

  it.runIf(isRoot)('owners, when root', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'file'), 'x');
    fs.mkdirSync(join(folder, 'folder'));
    fs.symlinkSync('file', join(folder, 'link'));
    for (const [i, name] of ['file', 'folder', 'link'].entries()) {
      fs.lchownSync(join(folder, name), 1001 + i, 2001 + i);
    }
    const target = await roundTrip(folder);
    expect(fs.lstatSync(join(target, 'link'))).toMatchObject({ uid: 1003, gid: 2003 });
  });
});

describe('the round trip leaves out', () => {
  it('sockets, which it counts', async () => {
    const folder = temporaryFolder();
    const server = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    fs.writeFileSync(join(folder, 'file'), 'x');
    const target = await roundTrip(folder);
    expect(fs.readdirSync(target)).toEqual(['file']);
    expect(await compareFolders({ expected: folder, actual: target })).toMatchObject({ skipped: 1 });
  });

  it('file flags, as chattr sets them', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'file'), 'x');
    const flagsOf = (at: string): string | undefined =>
      spawnSync('lsattr', [join(at, 'file')], { encoding: 'utf8' }).stdout?.split(' ')[0];
    if (spawnSync('chattr', ['+d', join(folder, 'file')]).status !== 0) return; // no such program, or no such flags here
    expect(flagsOf(folder)).toContain('d');
    expect(flagsOf(await roundTrip(folder))).not.toContain('d');
  });

  it('access times: the restored file was last read when it was last changed', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'file'), 'x');
    fs.utimesSync(join(folder, 'file'), 5e8, 1e9);
    const target = join(await roundTrip(folder), 'file');
    expect(fs.statSync(target).mtimeMs).toBe(1e12);
    expect(fs.statSync(target).atimeMs).not.toBe(5e11);
  });
});
