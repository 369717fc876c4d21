/** Restoring: everything as it was, what is damaged listed, nothing outside, nothing half done (C6, C7, T3, T4). */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { FileTarget } from '../../src/backup/file-target.ts';
import { inlineUnpackers } from '../../src/backup/inline-unpackers.ts';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { type RestoreOptions, type RestoreResult, runRestore } from '../../src/backup/restore.ts';
import { encodeContentList } from '../../src/format/content-list.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { encodeTreePage } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { VaultError } from '../../src/model/errors.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { MemoryTarget } from '../../src/simulation/memory-target.ts';
import { fileOf, HandMadeSnapshot, linkTo, meta, TEST_KEYS } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Choice = Partial<Omit<RestoreOptions, 'root' | 'reader' | 'keys' | 'target'>> & {
  readonly target?: FileTarget;
};

function restore(
  snapshot: HandMadeSnapshot,
  nodes: Parameters<HandMadeSnapshot['pages']>[0],
  folder: string,
  choice: Choice = {},
): Promise<RestoreResult> {
  return runRestore({
    root: snapshot.pages(nodes),
    reader: snapshot,
    keys: TEST_KEYS,
    target: nodeTarget(folder),
    overwrite: 'fail',
    clock: systemClock,
    ...choice,
  });
}

function nodeTarget(folder: string): NodeFileTarget {
  return new NodeFileTarget({ folder, keys: TEST_KEYS, unpackers: inlineUnpackers });
}

function temporariesBelow(folder: string): string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.includes('.vault-restore'));
}

describe('what comes back', () => {
  it('restores bytes, modes and times to the nanosecond, of directories too (C6)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const inner = snapshot.directory('read-only', [snapshot.file('b', [utf8('bb')], { mode: 0o000 })], {
      mode: 0o555,
      mtime: { seconds: -5, nanoseconds: 999_999_999 },
    });
    const result = await restore(
      snapshot,
      [
        inner,
        snapshot.file('a', [utf8('hello')], { mode: 0o4751 }),
        snapshot.directory('empty', [], { mode: 0o1777 }),
        snapshot.file('nothing', []),
      ],
      folder,
    );
    expect(result).toMatchObject({ files: 3, directories: 2, links: 0, bytes: 7, kept: 0, failedCount: 0 });
    const a = fs.lstatSync(path.join(folder, 'a'), { bigint: true });
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('hello');
    expect(Number(a.mode) & 0o7777).toBe(0o4751);
    expect(a.mtimeNs).toBe(1_600_000_000_123_456_789n);
    const readOnly = fs.lstatSync(path.join(folder, 'read-only'), { bigint: true });
    expect(Number(readOnly.mode) & 0o7777).toBe(0o555);
    expect(readOnly.mtimeNs).toBe(-4_000_000_001n);
    expect(fs.lstatSync(path.join(folder, 'read-only/b')).mode & 0o7777).toBe(0);
    expect(fs.lstatSync(path.join(folder, 'empty')).mode & 0o7777).toBe(0o1777);
    expect(fs.lstatSync(path.join(folder, 'nothing')).size).toBe(0);
  });

  it('restores names that are no UTF-8, that hold newlines, and that are as long as can be (C6)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const names = [new Uint8Array([0xff, 0xfe, 0x41]), utf8('two\nlines'), utf8('x'.repeat(255))];
    await restore(
      snapshot,
      [
        snapshot.directory(
          new Uint8Array([0x80]),
          names.map((name) => snapshot.file(name, [name])),
        ),
      ],
      folder,
    );
    const inside = Buffer.concat([Buffer.from(folder), Buffer.from([0x2f, 0x80])]);
    const found = fs.readdirSync(inside, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    expect(found.sort()).toEqual(names.map((name) => Buffer.from(name).toString('latin1')).sort());
  });

  it('restores links to anywhere, dangling ones too, with their own time (C6)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const result = await restore(
      snapshot,
      [linkTo('dangling', '/no/such\xff'), linkTo('up', '../..')],
      folder,
    );
    expect(result.links).toBe(2);
    expect(fs.readlinkSync(path.join(folder, 'up'))).toBe('../..');
    expect(fs.lstatSync(path.join(folder, 'dangling'), { bigint: true }).mtimeNs % 1000n).toBe(789n);
  });

  it('makes the names of one file one file again, and only those (C6)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const shared = snapshot.file('a', [utf8('shared')], { hardLink: '1:9' });
    const result = await restore(
      snapshot,
      [
        shared,
        snapshot.directory('d', [{ ...shared, name: utf8('b') }], { mode: 0o500 }),
        { ...shared, name: utf8('c') },
        snapshot.file('other', [utf8('wrongly the same key')], { hardLink: '1:9' }),
      ],
      folder,
    );
    expect(result).toMatchObject({ files: 4, failedCount: 0 });
    const inode = (name: string): number => fs.statSync(path.join(folder, name)).ino;
    expect([inode('d/b'), inode('c')]).toEqual([inode('a'), inode('a')]);
    expect(fs.statSync(path.join(folder, 'other')).nlink).toBe(1);
  });

  it('gives names of one file their own content where no link can be made, the last entry included', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const shared = snapshot.file('a', [utf8('content')], { hardLink: '1:9' });
    const large = snapshot.file('b', [utf8('1'), utf8('2')], { hardLink: '1:8' });
    const target = nodeTarget(folder);
    const prepare = target.prepare.bind(target);
    target.prepare = (options) => {
      const prepared = prepare(options);
      prepared.folder.hardLink = () => {
        throw new VaultError('io', 'no links here');
      };
      return prepared;
    };
    const names = [large, { ...large, name: utf8('y') }, shared, { ...shared, name: utf8('z') }];
    const result = await restore(snapshot, names, folder, { target });
    expect(result).toMatchObject({ files: 4, failedCount: 0, bytes: 18 });
    expect(fs.readFileSync(path.join(folder, 'z'), 'utf8')).toBe('content');
    expect(fs.statSync(path.join(folder, 'z')).nlink).toBe(1);
  });

  it('restores large files from many chunks, through lists, and holes as holes (C6)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const parts = Array.from({ length: 9 }, (_, i) => new Uint8Array(300 * KiB + i).fill(i));
    const direct = snapshot.file('direct', parts);
    const list = snapshot.seal(ChunkKind.list, encodeContentList(direct.content));
    const listLength = encodeContentList(direct.content).length;
    const indirect = {
      ...direct,
      name: utf8('indirect'),
      indirect: true,
      content: [{ chunk: list, offset: 0, length: listLength }],
    };
    const sparse = snapshot.file('sparse', [new Uint8Array(4 * MiB), utf8('x'), new Uint8Array(4 * MiB)], {
      sparse: true,
    });
    const result = await restore(snapshot, [direct, indirect, sparse], folder);
    expect(result.failed).toEqual([]);
    const wanted = Buffer.concat(parts);
    expect(fs.readFileSync(path.join(folder, 'direct')).equals(wanted)).toBe(true);
    expect(fs.readFileSync(path.join(folder, 'indirect')).equals(wanted)).toBe(true);
    const stat = fs.statSync(path.join(folder, 'sparse'));
    expect(stat.size).toBe(8 * MiB + 1);
    expect(stat.blocks * 512).toBeLessThan(64 * KiB);
    expect(fs.readFileSync(path.join(folder, 'sparse'))[4 * MiB]).toBe(0x78);
  });

  it.runIf(process.getuid?.() === 0)('restores owners when root (C6)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const owner = { uid: 12345, gid: 54321 };
    await restore(
      snapshot,
      [
        snapshot.file('f', [utf8('x')], { ...owner, mode: 0o6755 }),
        snapshot.directory('d', [], owner),
        { ...linkTo('l', 'f'), ...owner },
      ],
      folder,
    );
    for (const name of ['f', 'd', 'l']) expect(fs.lstatSync(path.join(folder, name))).toMatchObject(owner);
    expect(fs.lstatSync(path.join(folder, 'f')).mode & 0o7777).toBe(0o6755);
  });

  it('restores one folder or one file of a snapshot directly into the target', async () => {
    const snapshot = new HandMadeSnapshot();
    const tree = [
      snapshot.directory('a', [snapshot.directory('b', [snapshot.file('f', [utf8('x')])], { mode: 0o711 })]),
    ];
    const one = temporaryFolder();
    await restore(snapshot, tree, one, { path: utf8('/a/b/') });
    expect(fs.readdirSync(one)).toEqual(['f']);
    expect(fs.statSync(one).mode & 0o7777).toBe(0o711);
    const two = path.join(temporaryFolder(), 'made/on/the/way');
    await restore(snapshot, tree, two, { path: utf8('a/b/f') });
    expect(fs.readdirSync(two)).toEqual(['f']);
    await expect(restore(snapshot, tree, one, { path: utf8('a/c') })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('what is damaged', () => {
  it('restores all but the files of a missing chunk, and says which and why (C7)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const big = snapshot.file('big', [new Uint8Array(300 * KiB).fill(1), new Uint8Array(300 * KiB).fill(2)]);
    const [first, second] = snapshot.bundle([utf8('one'), utf8('two')]);
    const away = snapshot.file('away', [utf8('away')]);
    const rotten = snapshot.file('rotten', [utf8('rotten')]);
    if (!first || !second || !big.content[1] || !away.content[0] || !rotten.content[0])
      throw new Error('fixture');
    snapshot.fail(big.content[1].chunk, () => undefined);
    snapshot.fail(first.chunk, () => undefined);
    snapshot.fail(away.content[0].chunk, () => {
      throw new VaultError('unavailable', 'its holders do not answer');
    });
    snapshot.fail(rotten.content[0].chunk, () => new Uint8Array(100).fill(1));
    const nodes = [
      away,
      big,
      fileOf('one', [first]),
      rotten,
      fileOf('two', [second]),
      snapshot.file('z', [utf8('z')]),
    ];
    const result = await restore(snapshot, nodes, folder);
    expect(fs.readdirSync(folder)).toEqual(['z']);
    const codes = Object.fromEntries(result.failed.map(({ path: name, code }) => [name, code]));
    expect(codes).toEqual({ away: 'unavailable', big: 'lost', one: 'lost', rotten: 'corrupt', two: 'lost' });
    expect(result).toMatchObject({ files: 1, bytes: 1, failedCount: 5 });
  });

  it('asks once for a chunk that is missing, however many files lie in it', async () => {
    const snapshot = new HandMadeSnapshot();
    const refs = snapshot.bundle(Array.from({ length: 500 }, (_, i) => utf8(`content ${i}`)));
    const chunk = refs[0]?.chunk ?? new Uint8Array(32);
    snapshot.fail(chunk, () => undefined);
    const nodes = refs.map((ref, i) => fileOf(`f${i}`, [ref]));
    const result = await restore(snapshot, nodes, temporaryFolder());
    expect(result.failedCount).toBe(500);
    expect(snapshot.gets).toBe(2);
  });

  it('goes on after a damaged page of a directory (C7)', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const good = encodeTreePage([snapshot.file('b', [utf8('b')])]);
    const [bad, fine] = snapshot.rawPages([utf8('no page at all'), good]);
    if (!bad || !fine) throw new Error('fixture');
    const hurt = { ...snapshot.directory('hurt', []), pages: [bad, fine] };
    const result = await restore(snapshot, [hurt, snapshot.file('z', [utf8('z')])], folder);
    expect(fs.readdirSync(path.join(folder, 'hurt'))).toEqual(['b']);
    expect(result.failed).toMatchObject([{ path: 'hurt', code: 'corrupt' }]);
    expect(result.files).toBe(2);
  });

  it('refuses references beyond their chunk and contents that are not their size', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const [ref] = snapshot.bundle([utf8('short')]);
    if (!ref) throw new Error('fixture');
    const list = encodeContentList([ref]);
    const chunk = snapshot.seal(ChunkKind.list, list);
    const huge = fileOf('huge', [{ chunk, offset: 0, length: list.length }], {
      indirect: true,
      size: 2 ** 50,
    });
    const tiny = { ...huge, name: utf8('tiny'), size: 2 };
    const beyond = fileOf('beyond', [{ ...ref, offset: 3, length: 5 }]);
    const result = await restore(snapshot, [huge, tiny, beyond], folder);
    expect(result.failed.map(({ code }) => code)).toEqual(['corrupt', 'corrupt', 'corrupt']);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('what is hostile', () => {
  it('ends at a folder that contains itself', async () => {
    const snapshot = new HandMadeSnapshot();
    const self = { ...meta('again', 0o755), type: 'directory' as const };
    const length = encodeTreePage([{ ...self, pages: [{ chunk: undefined, offset: 0, length: 99 }] }]).length;
    const page = encodeTreePage([{ ...self, pages: [{ chunk: undefined, offset: 0, length }] }]);
    const result = await runRestore({
      root: snapshot.rawPages([page]),
      reader: snapshot,
      keys: TEST_KEYS,
      target: nodeTarget(temporaryFolder()),
      overwrite: 'fail',
      clock: systemClock,
    });
    expect(result.failed).toMatchObject([{ path: 'again', code: 'corrupt' }]);
  });

  it('stops a tree that unfolds into far more entries than it says', async () => {
    const snapshot = new HandMadeSnapshot();
    let nodes = [snapshot.directory('x', []), snapshot.directory('y', [])];
    for (let level = 0; level < 60; level++) {
      const { pages } = snapshot.directory('', nodes.slice(0, 2));
      nodes = ['x', 'y'].map((name) => ({ ...meta(name, 0o755), type: 'directory' as const, pages }));
    }
    const target = new MemoryTarget(TEST_KEYS);
    const wait = restore(snapshot, nodes, '', { expectedEntries: 10, target });
    await expect(wait).rejects.toMatchObject({ code: 'corrupt' });
    expect(target.tree.size).toBeLessThan(10_100);
  });

  it('lists a page whose names go outside or follow a link, and writes nothing of it', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const target = path.join(folder, 'target');
    const page = encodeTreePage([snapshot.file('aa', [utf8('evil')])]);
    for (const evil of ['..', '//', '/a', '\0a']) {
      const bytes = Buffer.from(page);
      bytes.write(evil, bytes.indexOf('aa'));
      const pages = snapshot.rawPages([bytes]);
      const hurt = { ...snapshot.directory('d', []), pages };
      const result = await restore(snapshot, [hurt], target, { overwrite: 'always' });
      expect(result.failed).toMatchObject([{ path: 'd', code: 'corrupt' }]);
    }
    expect(fs.readdirSync(folder, { recursive: true })).toEqual(['target', 'target/d']);
  });
});

describe('what was there before', () => {
  it('writes nothing into a folder that is not empty, unless told to', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'mine'), 'mine');
    const wait = restore(snapshot, [snapshot.file('a', [utf8('a')])], folder);
    await expect(wait).rejects.toMatchObject({
      code: 'target-exists',
      hint: expect.stringContaining('--overwrite') as string,
    });
    expect(fs.readdirSync(folder)).toEqual(['mine']);
  });

  it("keeps or replaces what exists, as 'never' and 'always' say", async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const nodes = [
      snapshot.directory('d', [snapshot.file('a', [utf8('new')]), linkTo('l', 'new')]),
      snapshot.file('b', [utf8('b')]),
    ];
    fs.mkdirSync(path.join(folder, 'd'));
    fs.writeFileSync(path.join(folder, 'd/a'), 'old');
    fs.symlinkSync('old', path.join(folder, 'd/l'));
    const never = await restore(snapshot, nodes, folder, { overwrite: 'never' });
    expect(never).toMatchObject({ files: 1, links: 0, kept: 2, failedCount: 0 });
    expect(fs.readFileSync(path.join(folder, 'd/a'), 'utf8')).toBe('old');
    const always = await restore(snapshot, nodes, folder, { overwrite: 'always' });
    expect(always).toMatchObject({ files: 2, links: 1, kept: 0, failedCount: 0 });
    expect(fs.readFileSync(path.join(folder, 'd/a'), 'utf8')).toBe('new');
    expect(fs.readlinkSync(path.join(folder, 'd/l'))).toBe('new');
    expect(temporariesBelow(folder)).toEqual([]);
  });

  it('never follows a link that is in the place of a folder', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const outside = temporaryFolder();
    const nodes = [snapshot.directory('d', [snapshot.file('a', [utf8('a')])])];
    fs.symlinkSync(outside, path.join(folder, 'd'));
    const never = await restore(snapshot, nodes, folder, { overwrite: 'never' });
    expect(never.failed).toMatchObject([{ path: 'd', code: 'target-exists' }]);
    const always = await restore(snapshot, nodes, folder, { overwrite: 'always' });
    expect(always.failedCount).toBe(0);
    expect(fs.lstatSync(path.join(folder, 'd')).isDirectory()).toBe(true);
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  it('says at once when the target cannot be written', async () => {
    const snapshot = new HandMadeSnapshot();
    const file = path.join(temporaryFolder(), 'file');
    fs.writeFileSync(file, '');
    for (const folder of [file, path.join(file, 'below')]) {
      const wait = restore(snapshot, [snapshot.file('a', [utf8('a')])], folder);
      await expect(wait).rejects.toMatchObject({ code: 'target-unwritable' });
    }
  });

  it('stops when the disk is full', async () => {
    const snapshot = new HandMadeSnapshot();
    const target = nodeTarget(temporaryFolder());
    target.writeBundle = async () => [new VaultError('no-space', 'the disk of the target is full')];
    const wait = restore(snapshot, [snapshot.file('a', [utf8('a')])], '', { target });
    await expect(wait).rejects.toMatchObject({ code: 'no-space' });
  });
});

describe('while it runs', () => {
  it('asks for many chunks at once, but not for more than its bound (T3, T4)', async () => {
    const snapshot = new HandMadeSnapshot();
    snapshot.before = () => systemClock.sleep(2);
    const small = Array.from({ length: 60 }, (_, i) => snapshot.file(`s${i}`, [utf8(`s${i}`)]));
    const big = snapshot.file(
      'big',
      Array.from({ length: 40 }, (_, i) => utf8(`part ${i}`)),
    );
    await restore(snapshot, [...small, big], temporaryFolder());
    expect(snapshot.mostAsking).toBe(16);
  });

  it('keeps a bounded number of folders open, however many wait for one bundle (T4)', async () => {
    const snapshot = new HandMadeSnapshot();
    const count = 800;
    const refs = snapshot.bundle(Array.from({ length: count }, (_, i) => utf8(`content ${i}`)));
    const folders = refs.map((ref, i) => snapshot.directory(`d${i}`, [fileOf('f', [ref])]));
    const openNow = (): number =>
      fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
    const before = openNow();
    let most = 0;
    snapshot.before = async () => {
      most = Math.max(most, openNow() - before);
    };
    const result = await restore(snapshot, folders, temporaryFolder());
    expect(result).toMatchObject({ files: count, directories: count, failedCount: 0 });
    expect(most).toBeLessThan(600);
    expect(openNow()).toBeLessThanOrEqual(before);
  });

  it('asks for the pages of the folders to come before it gets there (T3)', async () => {
    const snapshot = new HandMadeSnapshot();
    snapshot.before = () => systemClock.sleep(5);
    const folders = Array.from({ length: 24 }, (_, i) => snapshot.directory(`d${i}`, [linkTo(`l${i}`, 'x')]));
    await restore(snapshot, folders, temporaryFolder());
    expect(snapshot.mostAsking).toBeGreaterThan(8);
    expect(snapshot.gets).toBe(25);
  });

  it('leaves no temporary file when interrupted, and says so', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const stop = new AbortController();
    snapshot.before = async ({ signal }) => {
      await systemClock.sleep(snapshot.gets > 5 ? 60_000 : 1, signal);
    };
    const big = snapshot.file(
      'big',
      Array.from({ length: 40 }, (_, i) => utf8(`part ${i}`)),
    );
    const small = Array.from({ length: 60 }, (_, i) => snapshot.file(`s${i}`, [utf8(`s${i}`)]));
    const wait = restore(snapshot, [big, ...small], folder, { signal: stop.signal });
    await vi.waitFor(() => expect(temporariesBelow(folder)).toHaveLength(1), { timeout: 10_000 });
    stop.abort();
    await expect(wait).rejects.toMatchObject({ code: 'interrupted' });
    expect(temporariesBelow(folder)).toEqual([]);
    expect(fs.existsSync(path.join(folder, 'big'))).toBe(false);
  });

  it('reports progress that ends with everything', async () => {
    const snapshot = new HandMadeSnapshot();
    const seen: number[] = [];
    const nodes = [snapshot.file('a', [utf8('aaa')]), snapshot.file('b', [utf8('b')])];
    await restore(snapshot, nodes, temporaryFolder(), { onProgress: ({ bytes }) => seen.push(bytes) });
    expect(seen.at(-1)).toBe(4);
  });
});
