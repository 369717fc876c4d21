/** What a backup chooses to read: markers, sizes, file systems, lists of paths, and the snapshot that it is compared with. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackedUpItem } from '../../src/backup/backup-options.ts';
import { CACHE_MARKER, type Choice } from '../../src/backup/choice.ts';
import { Chooser } from '../../src/backup/chooser.ts';
import { dryRunBackup } from '../../src/backup/dry-run.ts';
import { expandGlob } from '../../src/backup/expand-glob.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { namePaths } from '../../src/backup/name-paths.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { planPaths } from '../../src/backup/path-plan.ts';
import { VaultError } from '../../src/model/errors.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { KEYS, Rehearsal } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

function files(folder: string, ...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
}

/** Which of these entries of the machine are left out. */
function leftOut(root: string, choice: Choice, names: readonly string[]): string[] {
  const source = nodeFileSource();
  const chooser = new Chooser({ choice, source, roots: [root] });
  return names.filter((name) => chooser.leavesOut(join(root, name), source.look(join(root, name))));
}

describe('a marker file', () => {
  it('leaves its folder, and itself, and nothing beside it', () => {
    const root = temporaryFolder();
    files(root, 'a/.skip', 'a/x', 'a/sub/y', 'b/x');
    const names = ['a', 'a/.skip', 'a/x', 'a/sub', 'b', 'b/x'];
    const choice = { excludeIfPresent: [{ name: '.skip', header: '' }] };
    expect(leftOut(root, choice, names)).toEqual(['a/x', 'a/sub']);
  });

  it('of a cache counts with its signature only, and as a regular file', () => {
    const root = temporaryFolder();
    files(root, 'good/x', 'bad/x', 'bad/CACHEDIR.TAG', 'short/x', 'link/x');
    writeFileSync(join(root, 'good/CACHEDIR.TAG'), `${CACHE_MARKER.header}\n`);
    writeFileSync(join(root, 'short/CACHEDIR.TAG'), CACHE_MARKER.header.slice(0, 20));
    symlinkSync('../good/CACHEDIR.TAG', join(root, 'link/CACHEDIR.TAG'));
    const problems: string[] = [];
    const source = nodeFileSource();
    const chooser = new Chooser({
      choice: { excludeIfPresent: [CACHE_MARKER] },
      source,
      roots: [root],
      onProblem: ({ message }) => problems.push(message),
    });
    const out = (name: string) => chooser.leavesOut(join(root, name), source.look(join(root, name)));
    expect(['good/x', 'bad/x', 'short/x', 'link/x', 'bad/x'].map(out)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(problems.map((text) => /(\w+)\/CACHEDIR/.exec(text)?.[1])).toEqual(['bad', 'short', 'link']);
  });
});

it('leaves out files that are larger, and no folder', () => {
  const root = temporaryFolder();
  files(root, 'small/x');
  writeFileSync(join(root, 'even'), 'x'.repeat(100));
  writeFileSync(join(root, 'large'), 'x'.repeat(101));
  expect(leftOut(root, { excludeLargerThan: 100 }, ['small', 'even', 'large'])).toEqual(['large']);
});

describe('staying on one file system', () => {
  const DEVICES: Readonly<Record<string, number>> = {
    '/': 1,
    '/home': 1,
    '/home/x': 1,
    '/home/usb': 2,
    '/home/usb/x': 2,
    '/home/usb/deep': 2,
    '/home/file': 3,
  };
  const look = (path: string) => {
    const device = DEVICES[path];
    if (device === undefined) throw new VaultError('not-found', path);
    const type = path === '/home/file' ? ('file' as const) : ('directory' as const);
    return { type, size: 1, device, mtimeMs: 0, ctimeMs: 0, inode: 1, links: 1 };
  };
  const source = { ...nodeFileSource(), look };
  const out = (roots: readonly string[]) => {
    const chooser = new Chooser({ choice: { oneFileSystem: true }, source, roots });
    return Object.keys(DEVICES).filter((path) => path !== '/' && chooser.leavesOut(path, look(path)));
  };

  it('keeps the folder that another one is mounted on, empty', () => {
    expect(out(['/'])).toEqual(['/home/usb/x', '/home/usb/deep', '/home/file']);
  });

  it('takes another one that was named itself', () => {
    expect(out(['/', '/home/usb'])).toEqual(['/home/file']);
  });
});

describe('many paths', () => {
  it('are one plan, whatever lies in what', () => {
    const below = new Map([['y', 'all']]);
    expect(planPaths(['/a/x', '/a', '/a/b', '/c/y'])).toEqual(
      new Map<string, unknown>([
        ['a', 'all'],
        ['c', below],
      ]),
    );
    expect(planPaths(['/a', '/'])).toBe('all');
    const many = Array.from({ length: 100_000 }, (_, i) => `/dir/file-${i}`);
    expect((planPaths(many) as ReadonlyMap<string, unknown>).get('dir')).toHaveProperty('size', 100_000);
  });

  it('are named by their folders in the snapshot, the deepest first, when they are too many', () => {
    const few = ['/a', '/b/c'];
    expect(namePaths(few)).toBe(few);
    const many = Array.from({ length: 5000 }, (_, i) => `/data/${i % 10}/file-${i}`).sort();
    const folders = Array.from({ length: 10 }, (_, i) => `/data/${i}`);
    expect(namePaths([...many, '/etc/hosts'].sort())).toEqual([...folders, '/etc/hosts']);
  });

  it('are found by patterns as Go finds them', () => {
    const root = temporaryFolder();
    files(root, 'a1/x', 'a2/x', 'a2/.x', 'b/x', 'a[1]');
    const found = (pattern: string) =>
      expandGlob(nodeFileSource(), join(root, pattern)).map((path) => path.slice(root.length + 1));
    expect(found('a?/*')).toEqual(['a1/x', 'a2/.x', 'a2/x']);
    expect(found('*/x')).toEqual(['a1/x', 'a2/x', 'b/x']);
    expect(found('a\\[1]')).toEqual(['a[1]']);
    expect(found('b/x')).toEqual(['b/x']);
    expect(found('nothing*')).toEqual([]);
    expect(found('b/x/*')).toEqual([]);
  });

  it('are backed up beside patterns and raw names', async () => {
    const root = temporaryFolder();
    files(root, 'a/1', 'a/2', 'b/3', 'c/4');
    const raw = Buffer.from(join(root, 'c/4'));
    const result = await new Rehearsal().device().backup([], {
      paths: [join(root, 'b'), raw],
      pathPatterns: [join(root, 'a/[2-9]'), join(root, 'no*')],
    });
    expect(result.totalFiles).toBe(3);
    expect(result.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('matches no file'),
    ]);
  });
});

describe('the earlier snapshot', () => {
  const setUp = () => {
    const root = join(temporaryFolder(), 'root');
    files(root, 'a', 'b', 'deep/c');
    return { root, device: new Rehearsal().device() };
  };

  it('is not made again when nothing has changed, if that is asked', async () => {
    const { root, device } = setUp();
    const first = await device.backup([root], { skipIfUnchanged: true });
    expect(first).toMatchObject({ skipped: false, unchanged: false });
    const second = await device.backup([root], { skipIfUnchanged: true });
    expect(second).toMatchObject({
      skipped: true,
      unchanged: true,
      snapshotId: first.snapshotId,
      chunksSent: 0,
    });
    expect(device.state.snapshots()).toHaveLength(1);
    writeFileSync(join(root, '..', 'beside'), ''); // the folder above has changed, and nobody asked for it
    expect(await device.backup([root], { skipIfUnchanged: true })).toMatchObject({
      skipped: true,
      unchanged: true,
    });
    const forced = await device.backup([root]);
    expect(forced.skipped).toBe(false);
    writeFileSync(join(root, 'deep/c'), 'another');
    expect(await device.backup([root], { skipIfUnchanged: true })).toMatchObject({
      skipped: false,
      filesChanged: 1,
    });
    const other = await device.backup([join(root, 'deep')], { skipIfUnchanged: true });
    expect(other.skipped).toBe(false);
  });

  it('may be none: every file is read again, and what the vault has is not sent', async () => {
    const { root, device } = setUp();
    await device.backup([root]);
    const again = await device.backup([root], { parent: 'none' });
    expect(again).toMatchObject({ filesNew: 3, filesUnmodified: 0, parentId: undefined });
    expect(again.dataAdded).toBe(0);
  });

  it('is none of a later time than the one that the new snapshot is given', async () => {
    const { root, device } = setUp();
    const time = Date.UTC(2020, 0, 1);
    const now = await device.backup([root]);
    const old = await device.backup([root], { time });
    expect(old.parentId).toBeUndefined();
    expect(device.state.snapshots().map(({ snapshot }) => snapshot.time)).toContain(time);
    expect((await device.backup([root])).parentId).toBe(now.snapshotId);
    await expect(device.backup([root], { time: Date.now() + 60_000 })).rejects.toThrow(/future/);
  });
});

describe('a rehearsal', () => {
  it('says exactly what a run sends, and lists what is new or has changed', async () => {
    const root = temporaryFolder();
    files(root, 'a', 'same-1', 'twin/same-1', 'deep/c');
    writeFileSync(join(root, 'twin/large'), Buffer.alloc(3_000_000, 'text '));
    writeFileSync(join(root, 'large'), Buffer.alloc(3_000_000, 'text '));
    const device = new Rehearsal().device();
    const items: string[] = [];
    const rehearse = () => {
      items.length = 0;
      const parts = { state: device.state, keys: KEYS, crew: inlineCrew, clock: systemClock };
      const onItem = ({ path, change }: BackedUpItem) =>
        items.push(`${change} ${path.slice(root.length + 1)}`);
      const reader = device.mesh.store;
      return dryRunBackup({
        ...parts,
        reader,
        source: nodeFileSource(),
        paths: [root],
        host: 'laptop',
        onItem,
      });
    };
    const dry = await rehearse();
    expect(device.mesh.store.puts).toEqual([]);
    expect(items.sort()).toEqual([
      'new a',
      'new deep/c',
      'new large',
      'new same-1',
      'new twin/large',
      'new twin/same-1',
    ]);
    const run = await device.backup([root]);
    const index = run.dataAdded - dry.dataAdded;
    expect(index).toBeGreaterThan(0);
    expect(index).toBeLessThan(2000); // what says where content lies is not rehearsed
    expect(run.chunksSent - dry.chunksSent).toBe(1);
    writeFileSync(join(root, 'a'), 'changed');
    symlinkSync('a', join(root, 'link'));
    expect(await rehearse()).toMatchObject({ filesChanged: 1, filesUnmodified: 5, unchanged: false });
    expect(items.sort()).toEqual(['changed a', 'new link']);
    await device.backup([root]);
    expect(await rehearse()).toMatchObject({ filesNew: 0, filesChanged: 0 });
  });
});

it('says when a named path is left out', async () => {
  const root = temporaryFolder();
  files(root, 'a/x', 'b/x');
  const paths = [join(root, 'a'), join(root, 'b')];
  const result = await new Rehearsal().device().backup(paths, { excludes: [join(root, 'a')] });
  expect(result.totalFiles).toBe(1);
  expect(result.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('/a was named, but'),
  ]);
});
