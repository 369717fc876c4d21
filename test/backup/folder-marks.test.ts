/** Folders that look as they did are taken over whole, and nothing that changed is ever missed (C3). */
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileSource, QuickStat } from '../../src/backup/file-source.ts';
import { LOOK_FIELDS, packLook } from '../../src/backup/folder-looks.ts';
import { encodeMarks, FolderMarks, fingerprintOf, scopeOf } from '../../src/backup/folder-marks.ts';
import type { MarksFile } from '../../src/backup/marks-book.ts';
import { VaultError } from '../../src/model/errors.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type Device, KEYS, Rehearsal, watchedSource } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const HASH = KEYS.contentId;
const OF = { snapshot: 'ab'.repeat(32), scope: scopeOf(HASH, ['/a'], '') };
const page = (n: number) => ({ chunk: new Uint8Array(32).fill(n), offset: n, length: 10 + n });
const print = (n: number): Uint8Array => new Uint8Array(16).fill(n);

class MemoryFile implements MarksFile {
  bytes: Uint8Array | undefined;
  async read(): Promise<Uint8Array | undefined> {
    return this.bytes;
  }
  async write(bytes: Uint8Array): Promise<void> {
    this.bytes = bytes;
  }
}

function fieldsOf(stats: readonly QuickStat[]): Float64Array {
  const fields = new Float64Array(stats.length * LOOK_FIELDS);
  for (const [i, seen] of stats.entries()) packLook(seen, fields, i * LOOK_FIELDS);
  return fields;
}

describe('the marks of folders', () => {
  it('are found by path, when the folder looks the same', () => {
    const marks = Array.from({ length: 500 }, (_, i) => ({
      path: `/a/${i}`,
      fingerprint: print(i % 200),
      pages: Array.from({ length: i % 4 }, (_unused, p) => page(p)),
    }));
    const read = FolderMarks.read(HASH, encodeMarks(HASH, OF, marks), OF);
    for (const { path: folder, fingerprint, pages } of marks) {
      expect(read?.pagesOf(folder, fingerprint)).toEqual(pages);
      expect(read?.pagesOf(folder, print(250))).toBeUndefined();
    }
    expect(read?.pagesOf('/b', print(0))).toBeUndefined();
  });

  it('are of one snapshot, one choice of paths, and one vault, and whole', () => {
    const bytes = encodeMarks(HASH, OF, [{ path: '/a', fingerprint: print(1), pages: [page(1)] }]);
    expect(FolderMarks.read(HASH, bytes, { ...OF, snapshot: 'cd'.repeat(32) })).toBeUndefined();
    expect(FolderMarks.read(HASH, bytes, { ...OF, scope: scopeOf(HASH, ['/a'], '*.o') })).toBeUndefined();
    expect(FolderMarks.read(KEYS.chunkSeed, bytes, OF)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(FolderMarks.read(HASH, damaged, OF)).toBeUndefined();
        expect(FolderMarks.read(HASH, bytes.subarray(0, at), OF)).toBeUndefined();
      }),
    );
  });

  it('tell folders apart whose entries differ in anything that a look shows', () => {
    const seen: QuickStat = { type: 'file', size: 1, mtimeMs: 2, ctimeMs: 3, inode: 4, device: 5, links: 6 };
    const others = [
      [['b'], [seen]],
      [
        ['a', 'b'],
        [seen, seen],
      ],
      [['a/b'], [seen]],
      [['a'], [{ ...seen, type: 'symlink' }]],
      ...(['size', 'mtimeMs', 'ctimeMs', 'inode', 'device', 'links'] as const).map((key) => [
        ['a'],
        [{ ...seen, [key]: 7 }],
      ]),
    ] as [string[], QuickStat[]][];
    const prints = [[['a'], [seen]] as [string[], QuickStat[]], ...others].map(([names, stats]) =>
      Buffer.from(fingerprintOf(HASH, names, fieldsOf(stats))).toString('hex'),
    );
    expect(new Set(prints).size).toBe(prints.length);
  });
});

/** Two levels of folders with a few files each, and old times, so that nothing in it is racy. */
function someTree(): string {
  const root = temporaryFolder();
  for (const a of ['one', 'two', 'three'])
    for (const b of ['x', 'y']) {
      fs.mkdirSync(path.join(root, a, b), { recursive: true });
      for (let i = 0; i < 3; i++) fs.writeFileSync(path.join(root, a, b, `f${i}`), `${a} ${b} ${i}`);
    }
  return root;
}

/** The clock of the run is a minute ahead: what was just written counts as old. */
const LATER: Clock = Object.create(systemClock, { now: { value: () => Date.now() + 60_000 } });

describe('a backup with marks', () => {
  const start = async (root = someTree()) => {
    const mesh = new Rehearsal();
    const device = mesh.device();
    const marks = new MemoryFile();
    const backup = (more: Parameters<Device['backup']>[1] = {}) =>
      device.backup([root], { clock: LATER, marks, ...more });
    return { root, mesh, device, marks, backup, first: await backup() };
  };

  it('reads neither files nor the earlier snapshot when nothing has changed, and makes the same tree', async () => {
    const { root, mesh, device, backup, first } = await start();
    const source = watchedSource();
    const gets: unknown[] = [];
    const store = Object.create(mesh.store, {
      get: { value: (digest: Uint8Array) => gets.push(digest) && mesh.store.get(digest) },
    }) as typeof mesh.store;
    const second = await backup({ source, store });
    expect(source.opened).toEqual([]);
    // Only the folders above, which are walked by name, are compared.
    expect(gets.length).toBeLessThanOrEqual(1);
    expect(second).toMatchObject({
      totalFiles: 18,
      filesUnmodified: 18,
      directories: first.directories,
      chunksSent: 0,
    });
    expect(second.totalBytes).toBe(first.totalBytes);
    expect(await mesh.differences(device, second.snapshotId, root)).toEqual([]);
  });

  it('opens only the folders around what changed', async () => {
    const { root, mesh, device, backup } = await start();
    fs.writeFileSync(path.join(root, 'two/x/f1'), 'changed');
    fs.rmSync(path.join(root, 'one/y/f2'));
    fs.mkdirSync(path.join(root, 'three/z'));
    fs.renameSync(path.join(root, 'three/x/f0'), path.join(root, 'three/z/moved'));
    const result = await backup();
    expect(result).toMatchObject({ totalFiles: 17, filesChanged: 1, filesNew: 1, filesUnmodified: 15 });
    expect(await mesh.differences(device, result.snapshotId, root)).toEqual([]);
  });

  it('compares everything when excludes changed, or a chunk is lost', async () => {
    const { root, mesh, device, backup } = await start();
    const excluded = await backup({ excludes: ['f2'] });
    expect(excluded).toMatchObject({ totalFiles: 12, excluded: 6 });
    const again = await backup({ excludes: ['f2'] });
    expect(again).toMatchObject({ totalFiles: 12, excluded: 6 });
    const [chunk] = device.state.chunks.live();
    device.state.chunks.markLost(chunk ? [chunk.digest] : []);
    const source = watchedSource();
    const sent = await backup({ source });
    expect(source.opened.length).toBeGreaterThan(0);
    expect(await mesh.differences(device, sent.snapshotId, root)).toEqual([]);
  });

  it('does not take over a folder of which something could not be read, or vanished while it was walked', async () => {
    const { root, mesh, device, backup } = await start();
    fs.writeFileSync(path.join(root, 'one/x/f0'), 'new content');
    const failing = watchedSource((file) => {
      if (file.endsWith('one/x/f0')) throw new VaultError('source-unreadable', 'bad sector');
    });
    expect(await backup({ source: failing })).toMatchObject({ unreadableCount: 1, totalFiles: 17 });
    const inner = watchedSource();
    const gone = { ...inner, stat: (file: string) => statUnless(inner, file, 'two/y') };
    expect(await backup({ source: gone })).toMatchObject({ vanished: 1, totalFiles: 15 });
    const whole = await backup();
    expect(whole).toMatchObject({ totalFiles: 18, unreadableCount: 0, vanished: 0 });
    expect(await mesh.differences(device, whole.snapshotId, root)).toEqual([]);
  });

  it('reads again what was written while the run before began', async () => {
    const { root, mesh, device, marks } = await start();
    const file = path.join(root, 'one/x/f0');
    const backup = () => device.backup([root], { marks });
    fs.writeFileSync(file, 'AAAA');
    await backup();
    fs.writeFileSync(file, 'BBBB');
    const result = await backup();
    expect(await mesh.differences(device, result.snapshotId, root)).toEqual([]);
  });

  it('makes what a backup without marks would, whatever happens to the tree (seeded)', async () => {
    const { root, mesh, device, backup } = await start();
    for (let round = 0; round < 12; round++) {
      const random = new SeededRandom(`marks ${round}`);
      for (let i = 0; i < 4; i++) edit(root, random);
      const result = await backup();
      expect(await mesh.differences(device, result.snapshotId, root)).toEqual([]);
    }
  });
});

function statUnless(source: FileSource, file: string, gone: string): ReturnType<FileSource['stat']> {
  if (file.endsWith(gone)) throw new VaultError('not-found', `${file} is gone`);
  return source.stat(file);
}

/** One random change somewhere in the tree. */
function edit(root: string, random: SeededRandom): void {
  const all = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  const some = all[random.below(all.length)];
  if (!some) return;
  const target = path.join(some.parentPath, some.name);
  const fresh = path.join(some.parentPath, `new-${random.below(1000)}`);
  const dice = random.below(7);
  if (dice === 0) fs.rmSync(target, { recursive: true });
  else if (dice === 1 && !fs.existsSync(fresh)) fs.renameSync(target, fresh);
  else if (dice === 2) fs.chmodSync(target, some.isDirectory() ? 0o750 : 0o640);
  else if (dice === 3 && !fs.existsSync(fresh)) fs.symlinkSync(some.name, fresh);
  else if (dice === 4 && !fs.existsSync(fresh)) fs.mkdirSync(fresh);
  else if (some.isFile()) fs.appendFileSync(target, `more ${random.below(1000)}`);
  else if (!fs.existsSync(fresh)) fs.writeFileSync(fresh, 'new');
}
