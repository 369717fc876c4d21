/** The folder that is restored into: nothing outside of it, no half file under a real name, in each way this system and others have. */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileTable } from '../../src/backup/file-table.ts';
import { openRoot } from '../../src/backup/folder-handle.ts';
import { inlineUnpackers } from '../../src/backup/inline-unpackers.ts';
import type { ExtendedAttributes } from '../../src/backup/native-xattrs.ts';
import { NodeFileTarget, type NodeFileTargetOptions } from '../../src/backup/node-file-target.ts';
import type { Attributes, TargetFolder } from '../../src/backup/target-folder.ts';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { utf8 } from '../../src/model/bytes.ts';
import type { VaultError } from '../../src/model/errors.ts';
import { meta, TEST_KEYS } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ATTRIBUTES = meta('', 0o600);
const KEY = '0123456789abcdef';
const OTHER_KEY = 'fedcba9876543210';
const isRoot = process.geteuid?.() === 0;

type Ways = Pick<NodeFileTargetOptions, 'unpackers' | 'openRoot'>;

const ordinary: Ways['unpackers'] = (keys, options) =>
  inlineUnpackers(keys, { ...options, native: undefined });
const WAYS: readonly (readonly [string, Ways])[] = [
  ['by descriptors, with files that have no name yet', { unpackers: inlineUnpackers }],
  ['by descriptors, with temporary names', { unpackers: ordinary }],
  ['by paths, as on other systems', { unpackers: ordinary, openRoot: (prefix) => ({ fd: -1, prefix }) }],
];

interface Opened {
  readonly target: NodeFileTarget;
  readonly root: TargetFolder;
}

function openTarget(folder: string, options: Ways & Partial<NodeFileTargetOptions>): Opened {
  const target = new NodeFileTarget({ folder, keys: TEST_KEYS, ...options });
  return { target, root: target.prepare({ overwrite: 'always' }).folder };
}

async function write(
  { target, root }: Opened,
  name: string,
  content: string,
  {
    folder = root,
    replace = false,
    ...attributes
  }: Partial<Attributes> & {
    folder?: TargetFolder;
    replace?: boolean;
  } = {},
): Promise<VaultError | undefined> {
  const files = new FileTable();
  const { length } = utf8(content);
  const extent = { offset: 0, length, sparse: false };
  files.add({ folder, name, replace }, extent, { ...ATTRIBUTES, ...attributes });
  const sealed = length > 0 ? sealed1(content) : undefined;
  return (await target.writeBundle(sealed, files))[0];
}

function sealed1(content: string): Uint8Array {
  return sealChunk(TEST_KEYS, ChunkKind.content, utf8(content)).bytes;
}

function refOf(length: number, offset = 0): { chunk: Uint8Array; offset: number; length: number } {
  return { chunk: new Uint8Array(32), offset, length };
}

const slot = (name: string, replace = false): { name: string; replace: boolean } => ({ name, replace });

describe.each(WAYS)('a folder as a target, %s', (_, ways) => {
  it('takes names only, and only until a folder is finished', async () => {
    const folder = temporaryFolder();
    const inside = path.join(folder, 'target');
    const opened = openTarget(inside, ways);
    const { root, target } = opened;
    const done = root.makeFolder(slot('done'), ATTRIBUTES, false);
    done.finish(ATTRIBUTES);
    root.makeLink(slot('link'), utf8('..'), ATTRIBUTES);
    for (const name of ['', '.', '..', '../x', 'done/x', '/x', 'link/x', 'a\0b']) {
      expect(() => root.openFile(slot(name), 0, false, KEY)).toThrow(/outside/);
      expect(() => root.makeLink(slot(name), utf8('x'), ATTRIBUTES)).toThrow(/outside/);
      expect(() => root.hardLink(slot(name), { folder: root, name: 'link' })).toThrow(/outside/);
      expect(() => root.makeFolder(slot(name), ATTRIBUTES, true)).toThrow(/outside/);
      await expect(write(opened, name, 'evil')).rejects.toThrow(/outside/);
    }
    await expect(write(opened, 'late', 'evil', { folder: done })).rejects.toThrow(/outside/);
    expect(() => done.openFile(slot('late'), 0, false, KEY)).toThrow(/outside/);
    await target.close(true);
    expect(fs.readdirSync(folder)).toEqual(['target']);
    expect(fs.readdirSync(inside).sort()).toEqual(['done', 'link']);
    expect(fs.readdirSync(path.join(inside, 'done'))).toEqual([]);
  });

  it('never follows a link that is in the place of a folder', () => {
    const folder = temporaryFolder();
    const outside = temporaryFolder();
    fs.symlinkSync(outside, path.join(folder, 'd'));
    const { root } = openTarget(folder, ways);
    expect(() => root.makeFolder(slot('d'), ATTRIBUTES, true)).toThrow(/in the way/);
    const made = root.makeFolder(slot('d', true), ATTRIBUTES, true);
    expect(made.fresh).toBe(true);
    expect(fs.lstatSync(path.join(folder, 'd')).isDirectory()).toBe(true);
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  it('shows a file that arrives in parts only when it is finished', async () => {
    const folder = temporaryFolder();
    const { root } = openTarget(folder, ways);
    const kept = root.openFile(slot('kept'), 8, true, KEY);
    const dropped = root.openFile(slot('dropped'), 8, true, OTHER_KEY);
    await kept.write(4, sealed1('tail'), refOf(4));
    await kept.write(0, sealed1('head'), refOf(4));
    await dropped.write(0, sealed1('head'), refOf(4));
    await expect(dropped.write(4, sealed1('tail'), refOf(5))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(dropped.write(4, new Uint8Array(99), refOf(4))).rejects.toMatchObject({
      code: 'unsupported-version',
    });
    expect(fs.readdirSync(folder).filter((name) => !name.startsWith('.vault-restore-'))).toEqual([]);
    kept.finish(ATTRIBUTES);
    dropped.discard();
    expect(fs.readdirSync(folder)).toEqual(['kept']);
    expect(fs.readFileSync(path.join(folder, 'kept'), 'utf8')).toBe('headtail');
  });

  it('replaces a file, if it may, without touching the other names of the one it replaces', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'a'), 'old');
    fs.linkSync(path.join(folder, 'a'), path.join(folder, 'other'));
    const opened = openTarget(folder, ways);
    expect(await write(opened, 'a', 'new')).toMatchObject({ code: 'target-exists' });
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('old');
    expect(await write(opened, 'a', 'new', { replace: true })).toBeUndefined();
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('new');
    expect(fs.readFileSync(path.join(folder, 'other'), 'utf8')).toBe('old');
    expect(fs.readdirSync(folder).sort()).toEqual(['a', 'other']);
  });

  it('leaves nothing behind when two names are one file already, or something is in the way', async () => {
    const folder = temporaryFolder();
    const opened = openTarget(folder, ways);
    const { root } = opened;
    await write(opened, 'a', 'x');
    const existing = { folder: root, name: 'a' };
    root.hardLink(slot('b'), existing);
    root.hardLink(slot('b', true), existing);
    root.makeFolder(slot('d'), ATTRIBUTES, false);
    const blocked = expect.objectContaining({ code: 'target-exists' }) as Error;
    expect(() => root.hardLink(slot('b'), existing)).toThrow(blocked);
    expect(await write(opened, 'd', 'x')).toEqual(blocked);
    expect(await write(opened, 'd', 'x', { replace: true })).toEqual(blocked);
    expect(() => root.makeLink(slot('d', true), utf8('x'), ATTRIBUTES)).toThrow(blocked);
    expect(() => root.makeFolder(slot('d'), ATTRIBUTES, false)).toThrow(blocked);
    expect(fs.readdirSync(folder).sort()).toEqual(['a', 'b', 'd']);
  });

  it('links to a file of a folder that is finished and closed to others', async () => {
    const folder = temporaryFolder();
    const opened = openTarget(folder, ways);
    const inner = opened.root
      .makeFolder(slot('d'), ATTRIBUTES, false)
      .makeFolder(slot('e'), ATTRIBUTES, false);
    await write(opened, 'a', 'x', { folder: inner });
    inner.finish({ ...ATTRIBUTES, mode: 0o500 });
    opened.root.hardLink(slot('b'), { folder: inner, name: 'a' });
    expect(fs.statSync(path.join(folder, 'b')).nlink).toBe(2);
  });

  it('gives modes, times and owners exactly, whatever the umask and the folder would make of them', async () => {
    const folder = temporaryFolder();
    fs.chmodSync(folder, 0o2775);
    const opened = openTarget(folder, ways);
    const inner = opened.root.makeFolder(slot('d'), { ...ATTRIBUTES, mode: 0o775 }, false);
    const modes = [0o644, 0o666, 0o000, 0o777, 0o4755, 0o2755, 0o1600, 0o400];
    for (const mode of modes) {
      expect(await write(opened, `${mode}`, 'x', { mode, folder: inner })).toBeUndefined();
    }
    inner.finish({ ...ATTRIBUTES, mode: 0o775 });
    for (const mode of modes) {
      const stat = fs.lstatSync(path.join(folder, 'd', `${mode}`), { bigint: true });
      expect(Number(stat.mode) & 0o7777).toBe(mode);
      expect(stat.mtimeNs).toBe(1_600_000_000_123_456_789n);
    }
    expect(fs.lstatSync(path.join(folder, 'd')).mode & 0o7777).toBe(0o775);
  });

  it.runIf(isRoot)('gives owners when root, and modes that a change of owner would drop', async () => {
    const folder = temporaryFolder();
    const opened = openTarget(folder, ways);
    await write(opened, 'a', 'x', { uid: 4242, gid: 4343, mode: 0o6755 });
    const inner = opened.root.makeFolder(slot('d'), { ...ATTRIBUTES, uid: 4242 }, false);
    inner.finish({ ...ATTRIBUTES, uid: 4242, mode: 0o2755 });
    expect(fs.statSync(path.join(folder, 'a'))).toMatchObject({ uid: 4242, gid: 4343 });
    expect(fs.statSync(path.join(folder, 'a')).mode & 0o7777).toBe(0o6755);
    expect(fs.statSync(path.join(folder, 'd'))).toMatchObject({ uid: 4242 });
    expect(fs.statSync(path.join(folder, 'd')).mode & 0o7777).toBe(0o2755);
  });

  it('leaves owners alone unless it may set them', async () => {
    const folder = temporaryFolder();
    const opened = openTarget(folder, { ...ways, owners: false });
    await write(opened, 'a', 'x', { uid: 4242, gid: 4242 });
    expect(fs.statSync(path.join(folder, 'a')).uid).toBe(process.getuid?.());
  });

  it('makes a folder that nobody can look into meanwhile whom its mode will not let', () => {
    const folder = temporaryFolder();
    const { root } = openTarget(folder, ways);
    root.makeFolder(slot('closed'), { ...ATTRIBUTES, mode: 0o500 }, false);
    root.makeFolder(slot('open'), { ...ATTRIBUTES, mode: 0o755 }, false);
    const modeOf = (name: string): number => fs.statSync(path.join(folder, name)).mode & 0o7777;
    expect(modeOf('closed')).toBe(0o700);
    expect([0o700, 0o755]).toContain(modeOf('open'));
  });

  it('counts attributes that the system refuses, sets the others, and leaves those of other namespaces to root', async () => {
    const folder = temporaryFolder();
    const written: string[] = [];
    const xattrs: ExtendedAttributes = {
      read: () => [],
      write: (_path, { name }) => {
        if (Buffer.from(name).toString() === 'user.b') throw new Error('ENOTSUP: user.b');
        written.push(Buffer.from(name).toString());
      },
    };
    const opened = openTarget(folder, { ...ways, owners: false, xattrs });
    const names = ['system.posix_acl_access', 'trusted.t', 'user.a', 'user.b'];
    const wanted = names.map((name) => ({ name: utf8(name), value: utf8('1') }));
    await write(opened, 'a', 'x', { xattrs: wanted });
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('x');
    const root = process.platform === 'linux' ? [] : ['trusted.t'];
    expect(written).toEqual(['system.posix_acl_access', ...root, 'user.a']);
    expect(opened.target.lostXattrs).toEqual({ count: 1, example: 'ENOTSUP: user.b' });
  });

  it('names a path that is too long for this system and leaves nothing of it', async () => {
    const folder = temporaryFolder();
    const long = 'x'.repeat(300);
    const fault = await write(openTarget(folder, ways), long, 'x');
    expect(fault).toMatchObject({ code: 'io' });
    expect(fault?.message).toMatch(new RegExp(`^${long} was not restored: ENAMETOOLONG: [a-z ]+$`));
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('writes names that are no UTF-8, empty files, and holes', async () => {
    const folder = temporaryFolder();
    const opened = openTarget(folder, ways);
    await write(opened, 'empty', '');
    await write(opened, '\xff\xfe', 'raw');
    const files = new FileTable();
    const zeros = sealChunk(TEST_KEYS, ChunkKind.content, new Uint8Array(1 << 20)).bytes;
    const place = { folder: opened.root, name: 'holes', replace: false };
    files.add(place, { offset: 0, length: 1 << 20, sparse: true }, ATTRIBUTES);
    expect(await opened.target.writeBundle(zeros, files)).toEqual([undefined]);
    expect(fs.statSync(path.join(folder, 'empty')).size).toBe(0);
    const raw = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]);
    expect(fs.readFileSync(raw, 'utf8')).toBe('raw');
    const { size, blocks } = fs.statSync(path.join(folder, 'holes'));
    expect([size, blocks]).toEqual([1 << 20, 0]);
  });
});

const hasDescriptors = openRoot('/').fd >= 0;

describe.runIf(hasDescriptors)('a folder that is moved away while it is written into', () => {
  it('takes what is written with it, and nothing of it lands behind the link in its place', async () => {
    const folder = temporaryFolder();
    const outside = temporaryFolder();
    const opened = openTarget(folder, { unpackers: inlineUnpackers });
    const inner = opened.root.makeFolder(slot('d'), ATTRIBUTES, false);
    fs.renameSync(path.join(folder, 'd'), path.join(folder, 'moved'));
    fs.symlinkSync(outside, path.join(folder, 'd'));
    await write(opened, 'small', 'x', { folder: inner });
    const large = inner.openFile(slot('large'), 1, false, KEY);
    await large.write(0, sealed1('y'), refOf(1));
    large.finish(ATTRIBUTES);
    inner.makeLink(slot('link'), utf8('x'), ATTRIBUTES);
    inner.makeFolder(slot('e'), ATTRIBUTES, false).finish(ATTRIBUTES);
    inner.finish({ ...ATTRIBUTES, mode: 0o711 });
    expect(fs.readdirSync(outside)).toEqual([]);
    expect(fs.statSync(outside).mode & 0o7777).toBe(0o700);
    expect(fs.readdirSync(path.join(folder, 'moved')).sort()).toEqual(['e', 'large', 'link', 'small']);
    expect(fs.statSync(path.join(folder, 'moved')).mode & 0o7777).toBe(0o711);
  });

  it('is not reopened through a link for a hard link to one of its files', async () => {
    const folder = temporaryFolder();
    const outside = temporaryFolder();
    const opened = openTarget(folder, { unpackers: inlineUnpackers });
    const inner = opened.root.makeFolder(slot('d'), ATTRIBUTES, false);
    await write(opened, 'a', 'x', { folder: inner });
    inner.finish(ATTRIBUTES);
    fs.renameSync(path.join(folder, 'd'), path.join(folder, 'moved'));
    fs.writeFileSync(path.join(outside, 'a'), 'secret');
    fs.symlinkSync(outside, path.join(folder, 'd'));
    expect(() => opened.root.hardLink(slot('b'), { folder: inner, name: 'a' })).toThrow(/b was not restored/);
    expect(fs.existsSync(path.join(folder, 'b'))).toBe(false);
  });
});
