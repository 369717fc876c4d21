/** What a restore is asked for: which entries, over what is there, what is removed, and what it only says (C6, C7, T3). */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DryRunTarget } from '../../src/backup/dry-run-target.ts';
import type { FileTarget } from '../../src/backup/file-target.ts';
import { inlineUnpackers } from '../../src/backup/inline-unpackers.ts';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { type OwnerIds, ownerIds } from '../../src/backup/owner-ids.ts';
import { type RestoreOptions, type RestoreResult, runRestore } from '../../src/backup/restore.ts';
import { restoreFilter } from '../../src/backup/restore-filter.ts';
import type { TreeNodeDraft } from '../../src/format/tree-page.ts';
import { encodeTreePage } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { HandMadeSnapshot, linkTo, TEST_KEYS } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Choice = Partial<Omit<RestoreOptions, 'root' | 'reader' | 'keys'>>;

const MARK = 'a snapshot';

function restore(
  snapshot: HandMadeSnapshot,
  nodes: readonly TreeNodeDraft[],
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

function nodeTarget(folder: string, ids?: OwnerIds): FileTarget {
  return new NodeFileTarget({ folder, keys: TEST_KEYS, unpackers: inlineUnpackers, ...(ids && { ids }) });
}

/** Everything that can be seen of a folder from outside: names, inodes, sizes, modes, times. */
function seen(folder: string): string[] {
  return ['', ...fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })].sort().map((name) => {
    const { ino, size, mode, mtimeNs, ctimeNs } = fs.lstatSync(path.join(folder, name), { bigint: true });
    return [name, ino, size, mode, mtimeNs, ctimeNs].join(' ');
  });
}

function filesIn(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
}

const read = (folder: string, name: string): string => fs.readFileSync(path.join(folder, name), 'utf8');

describe('over what is there', () => {
  it("'if-changed' fetches and writes only what is of another size or time, and corrects attributes", async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const nodes = [
      snapshot.directory('d', [snapshot.file('a', [utf8('aaa')]), snapshot.file('b', [utf8('bbb')])]),
      snapshot.file('big', [new Uint8Array(300 * KiB).fill(1), new Uint8Array(300 * KiB).fill(2)]),
      linkTo('l', 'there'),
    ];
    await restore(snapshot, nodes, folder);
    const before = fs.lstatSync(path.join(folder, 'big'));
    fs.writeFileSync(path.join(folder, 'd/a'), 'AAA'); // another time
    fs.chmodSync(path.join(folder, 'd/b'), 0o600);
    snapshot.gets = 0;
    const result = await restore(snapshot, nodes, folder, { overwrite: 'if-changed' });
    expect(result).toMatchObject({ files: 1, kept: 3, keptBytes: 600 * KiB + 3, failedCount: 0 });
    expect(snapshot.gets).toBe(3); // two directories and the chunk of d/a
    expect(read(folder, 'd/a')).toBe('aaa');
    expect(fs.lstatSync(path.join(folder, 'd/b')).mode & 0o7777).toBe(0o644);
    expect(fs.lstatSync(path.join(folder, 'big')).ino).toBe(before.ino);
    expect(fs.lstatSync(path.join(folder, 'd'), { bigint: true }).mtimeNs).toBe(1_600_000_000_123_456_789n);
  });

  it("'if-newer' leaves what is as old or younger than the snapshot's", async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    write(folder, { old: 'mine', young: 'mine' });
    fs.utimesSync(path.join(folder, 'old'), 1_500_000_000, 1_500_000_000);
    const nodes = [snapshot.file('old', [utf8('new')]), snapshot.file('young', [utf8('new')])];
    const result = await restore(snapshot, nodes, folder, { overwrite: 'if-newer' });
    expect(result).toMatchObject({ files: 1, kept: 1 });
    expect([read(folder, 'old'), read(folder, 'young')]).toEqual(['new', 'mine']);
  });

  it('gives a folder that it had to open its own mode back when nobody asked for the folder', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    write(folder, { 'd/mine': 'mine' });
    fs.chmodSync(path.join(folder, 'd'), 0o2510);
    const nodes = [snapshot.directory('d', [snapshot.file('a', [utf8('a')])], { mode: 0o777 })];
    const filter = restoreFilter({ include: ['/d/a'] });
    const result = await restore(snapshot, nodes, folder, { overwrite: 'always', filter });
    expect(result).toMatchObject({ files: 1, failedCount: 0 });
    expect(fs.statSync(path.join(folder, 'd')).mode & 0o7777).toBe(0o2510);
  });

  it('leaves the folders above what was backed up as they are, and replaces no link among them', async () => {
    const snapshot = new HandMadeSnapshot();
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const me = snapshot.directory('me', [snapshot.file('a', [utf8('a')])]);
    const nodes = [snapshot.directory('home', [me], { mode: 0o700 }), snapshot.directory('srv', [me])];
    fs.mkdirSync(path.join(folder, 'home'), { mode: 0o711 });
    fs.symlinkSync(elsewhere, path.join(folder, 'srv'));
    const backedUp = [utf8('/home/me'), utf8('/srv/me')];
    const result = await restore(snapshot, nodes, folder, { overwrite: 'always', backedUp });
    expect(fs.statSync(path.join(folder, 'home')).mode & 0o7777).toBe(0o711);
    expect(read(folder, 'home/me/a')).toBe('a');
    expect(result.failed).toMatchObject([{ path: 'srv', code: 'target-exists' }]);
    expect(fs.readlinkSync(path.join(folder, 'srv'))).toBe(elsewhere);
    expect(fs.readdirSync(elsewhere)).toEqual([]);
  });
});

describe('a part of a snapshot', () => {
  const nodesOf = (snapshot: HandMadeSnapshot): TreeNodeDraft[] => [
    snapshot.directory('docs', [
      snapshot.file('a.txt', [utf8('a')]),
      snapshot.file('b.bin', [utf8('b')]),
      snapshot.directory('deep', [snapshot.file('c.txt', [utf8('c')])]),
    ]),
    snapshot.directory('other', [snapshot.file('d.bin', [utf8('d')])]),
  ];

  it('is what patterns include, with the folders on the way and no others, and nothing else is fetched', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const nodes = nodesOf(snapshot);
    const content = snapshot.gets;
    const filter = restoreFilter({ include: ['*.txt'] });
    const result = await restore(snapshot, nodes, folder, { filter });
    expect(filesIn(folder)).toEqual(['docs', 'docs/a.txt', 'docs/deep', 'docs/deep/c.txt']);
    expect(result).toMatchObject({ files: 2, directories: 2, bytes: 2 });
    expect(snapshot.gets - content).toBe(4 + 2); // four directories, two files
  });

  it('is all but what patterns exclude', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const filter = restoreFilter({ exclude: ['/docs/deep', '*.bin', '!/other/*.bin'] });
    await restore(snapshot, nodesOf(snapshot), folder, { filter });
    expect(filesIn(folder)).toEqual(['docs', 'docs/a.txt', 'other', 'other/d.bin']);
  });
});

describe('deleting', () => {
  const docs = (snapshot: HandMadeSnapshot): TreeNodeDraft[] => [
    snapshot.directory('home', [
      snapshot.directory('docs', [
        snapshot.file('a', [utf8('a')]),
        snapshot.directory('sub', [snapshot.file('b', [utf8('b')])]),
      ]),
    ]),
  ];
  const choice = { overwrite: 'if-changed', deletes: true, backedUp: [utf8('/home/docs')] } as const;

  it('removes what the snapshot does not have, in what was backed up and nowhere else', async () => {
    const snapshot = new HandMadeSnapshot();
    const [folder, outside] = [temporaryFolder(), temporaryFolder()];
    write(outside, { 'd/precious': 'precious', file: 'precious' });
    write(folder, {
      mine: 'mine',
      'home/mine': 'mine',
      'home/docs/surplus': 's',
      'home/docs/old/deep/s': 's',
      'home/docs/sub/s': 's',
    });
    fs.symlinkSync(outside, path.join(folder, 'home/docs/link'));
    fs.symlinkSync(path.join(outside, 'd'), path.join(folder, 'home/docs/old/link'));
    fs.linkSync(path.join(outside, 'file'), path.join(folder, 'home/docs/hard'));
    const result = await restore(snapshot, docs(snapshot), folder, choice);
    expect(result).toMatchObject({ files: 2, deleted: 8, failedCount: 0 });
    expect(filesIn(folder)).toEqual([
      'home',
      'home/docs',
      'home/docs/a',
      'home/docs/sub',
      'home/docs/sub/b',
      'home/mine',
      'mine',
    ]);
    expect(filesIn(outside)).toEqual(['d', 'd/precious', 'file']);
  });

  it('removes nothing behind a link that is where a folder of the snapshot belongs', async () => {
    const snapshot = new HandMadeSnapshot();
    const [folder, outside] = [temporaryFolder(), temporaryFolder()];
    write(outside, { precious: 'precious' });
    write(folder, { 'home/docs/a': 'x' });
    fs.symlinkSync(outside, path.join(folder, 'home/docs/sub'));
    const result = await restore(snapshot, docs(snapshot), folder, choice);
    expect(result.failedCount).toBe(0);
    expect(read(folder, 'home/docs/sub/b')).toBe('b');
    expect(filesIn(outside)).toEqual(['precious']);
  });

  it('leaves alone what patterns do not ask for', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    write(folder, { 'home/docs/x.tmp': 'x', 'home/docs/y': 'y' });
    const filter = restoreFilter({ exclude: ['*.tmp', 'a'] });
    const result = await restore(snapshot, docs(snapshot), folder, { ...choice, filter });
    expect(result).toMatchObject({ deleted: 1 });
    expect(fs.readdirSync(path.join(folder, 'home/docs')).sort()).toEqual(['sub', 'x.tmp']);
    const only = restoreFilter({ include: ['/home/docs/x.tmp', '/home/docs/a'] });
    write(folder, { 'home/docs/y': 'y' });
    await restore(snapshot, docs(snapshot), folder, { ...choice, filter: only });
    expect(fs.readdirSync(path.join(folder, 'home/docs')).sort()).toEqual(['a', 'sub', 'y']);
  });

  it('removes nothing from a folder of which the snapshot cannot be read whole', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    write(folder, { 'd/surplus': 's' });
    const nodes = [snapshot.directory('d', [snapshot.file('a', [utf8('a')])])];
    for (const { chunk } of nodes[0]?.pages ?? []) snapshot.fail(chunk, () => undefined);
    const result = await restore(snapshot, nodes, folder, { overwrite: 'always', deletes: true });
    expect(result).toMatchObject({ deleted: 0, failed: [{ path: 'd', code: 'lost' }] });
    expect(read(folder, 'd/surplus')).toBe('s');
  });

  it('makes room for a file where a folder is', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    write(folder, { 'a/b/c': 'c' });
    const nodes = [snapshot.file('a', [utf8('a')])];
    const blocked = await restore(snapshot, nodes, folder, { overwrite: 'always' });
    expect(blocked.failed).toMatchObject([{ path: 'a', code: 'target-exists' }]);
    const result = await restore(snapshot, nodes, folder, { overwrite: 'always', deletes: true });
    expect(result).toMatchObject({ files: 1, deleted: 3, failedCount: 0 });
    expect(read(folder, 'a')).toBe('a');
  });
});

describe('a dry run', () => {
  it('tells what the real run then does, and touches nothing', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const nodes = [
      snapshot.directory('d', [snapshot.file('new', [utf8('n')]), snapshot.file('old', [utf8('changed')])]),
      snapshot.file('big', [new Uint8Array(300 * KiB), utf8('x')]),
      snapshot.directory('fresh', [snapshot.file('x', [utf8('x')]), linkTo('l', 'x')]),
    ];
    write(folder, { 'd/old': 'old', surplus: 's', 'gone/a': 'a' });
    const before = seen(folder);
    const run = async (dryRun: boolean) => {
      const told: string[] = [];
      const { resumed: _, ...result } = await restore(snapshot, nodes, folder, {
        overwrite: 'if-changed',
        deletes: true,
        dryRun,
        target: dryRun ? new DryRunTarget(folder) : nodeTarget(folder),
        onEntry: ({ action, path: name, bytes }) => told.push(`${action} ${name} ${bytes}`),
      });
      return { told: told.sort(), result };
    };
    snapshot.gets = 0;
    const rehearsed = await run(true);
    expect(snapshot.gets).toBe(3); // directories only
    expect(seen(folder)).toEqual(before);
    expect(rehearsed.told).toContain('deleted gone 0');
    expect(rehearsed.told).toContain('updated d/old 7');
    expect(rehearsed.result).toMatchObject({ files: 4, links: 1, deleted: 3 });
    expect(await run(false)).toEqual(rehearsed);
  });

  it('makes no target that is absent', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = path.join(temporaryFolder(), 'absent');
    const target = new DryRunTarget(folder);
    const result = await restore(snapshot, [snapshot.file('a', [utf8('a')])], folder, {
      dryRun: true,
      target,
    });
    expect(result).toMatchObject({ files: 1, bytes: 1 });
    expect(fs.existsSync(folder)).toBe(false);
  });
});

describe('verifying', () => {
  it('reads back everything that was written, and names what is not as it was', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const names = Array.from({ length: 60 }, (_, i) => `f${i}`);
    const nodes = [
      ...names.map((name) => snapshot.file(name, [utf8(name)])),
      snapshot.file('big', [new Uint8Array(300 * KiB).fill(1), new Uint8Array(300 * KiB).fill(2)]),
    ];
    const good = await restore(snapshot, nodes, folder, { verify: true });
    expect(good).toMatchObject({ failedCount: 0, verified: { files: 61 } });
    expect(good.verified?.bytes).toBe(good.bytes);
    const rotten = temporaryFolder();
    const spoil = (name: string): void => {
      const fd = fs.openSync(path.join(rotten, name), 'r+');
      fs.writeSync(fd, 'X', 0);
      fs.closeSync(fd);
    };
    const bad = await restore(snapshot, nodes, rotten, {
      verify: true,
      onEntry: ({ path: name }) => (name === 'f7' || name === 'big') && spoil(name),
    });
    expect(Object.fromEntries(bad.failed.map(({ path: name, code }) => [name, code]))).toEqual({
      big: 'io',
      f7: 'io',
    });
  }, 120_000); // what others write to this disk becomes durable too
});

describe('what is asked for besides', () => {
  it('leaves blocks of zeros out of all files when that is asked for', async () => {
    const snapshot = new HandMadeSnapshot();
    const nodes = [
      snapshot.file('zeros', [new Uint8Array(MiB), utf8('x')]),
      snapshot.file('z', [new Uint8Array(MiB)]),
    ];
    const [dense, sparse] = [temporaryFolder(), temporaryFolder()];
    await restore(snapshot, nodes, dense);
    await restore(snapshot, nodes, sparse, { sparse: true });
    const blocks = (folder: string, name: string): number => fs.statSync(path.join(folder, name)).blocks;
    for (const name of ['zeros', 'z']) {
      expect(blocks(dense, name)).toBeGreaterThan(1000);
      expect(blocks(sparse, name)).toBeLessThan(100);
      expect(fs.readFileSync(path.join(sparse, name)).equals(fs.readFileSync(path.join(dense, name)))).toBe(
        true,
      );
    }
  });

  it.runIf(process.getuid?.() === 0)(
    "gives files to who has the owner's name here, or to the number",
    async () => {
      const snapshot = new HandMadeSnapshot();
      const owner = { uid: 1111, gid: 2222, user: 'anna', group: 'staff' };
      const nodes = [
        snapshot.file('known', [utf8('x')], owner),
        snapshot.file('unknown', [utf8('x')], { ...owner, user: 'nobody-here', group: 'none' }),
      ];
      const ids = ownerIds('root:x:0:0\nanna:x:4001:1\nanna:x:4002:1\n', 'staff:x:4003:\n');
      const [named, numeric] = [temporaryFolder(), temporaryFolder()];
      await restore(snapshot, nodes, named, { target: nodeTarget(named, ids) });
      await restore(snapshot, nodes, numeric);
      const ownerOf = (folder: string, name: string): number[] => {
        const { uid, gid } = fs.statSync(path.join(folder, name));
        return [uid, gid];
      };
      expect(ownerOf(named, 'known')).toEqual([4001, 4003]);
      expect(ownerOf(named, 'unknown')).toEqual([1111, 2222]);
      expect(ownerOf(numeric, 'known')).toEqual([1111, 2222]);
    },
  );

  it('never makes anybody root who is called so elsewhere', () => {
    const ids = ownerIds('root:x:0:0\n', 'wheel:x:0:\n');
    expect(ids.uid({ uid: 0, gid: 0, user: 'toor' })).toBe(0);
    expect(ids.uid({ uid: 7, gid: 7 })).toBe(7);
  });
});

describe('what is hostile', () => {
  it('follows no link of a snapshot that has a folder of the same name', async () => {
    const snapshot = new HandMadeSnapshot();
    const [folder, outside] = [temporaryFolder(), temporaryFolder()];
    const link = linkTo('x', outside);
    const below = snapshot.directory('x', [snapshot.file('evil', [utf8('evil')])]);
    const pages = snapshot.rawPages([encodeTreePage([link]), encodeTreePage([below])]);
    for (const overwrite of ['fail', 'always', 'if-changed'] as const) {
      const options = { overwrite, deletes: overwrite !== 'fail' };
      const result = await restore(snapshot, [], folder, { ...options, root: pages } as Choice);
      expect(result.failed).toMatchObject([{ code: 'corrupt' }]);
      expect(fs.readdirSync(outside)).toEqual([]);
    }
  });

  it('takes over no leftover that somebody has put there to lead it elsewhere', async () => {
    const snapshot = new HandMadeSnapshot();
    const [folder, outside] = [temporaryFolder(), temporaryFolder()];
    const parts = Array.from({ length: 30 }, (_, i) => new Uint8Array(MiB).fill(i + 1));
    const nodes = [snapshot.file('big', parts)];
    await interrupted(snapshot, nodes, folder, 28);
    const [left] = fs.readdirSync(folder).filter((name) => /-p-[0-9a-f]+$/.test(name));
    if (left === undefined) throw new Error('nothing was left');
    write(outside, { victim: 'precious' });
    fs.unlinkSync(path.join(folder, left));
    fs.symlinkSync(path.join(outside, 'victim'), path.join(folder, left));
    const result = await restore(snapshot, nodes, folder, { mark: MARK });
    expect(result).toMatchObject({ files: 1, failedCount: 0, resumed: true });
    expect(read(outside, 'victim')).toBe('precious');
    fs.rmSync(path.join(folder, 'big'));
    fs.linkSync(path.join(outside, 'victim'), path.join(folder, left));
    await restore(snapshot, nodes, folder, { overwrite: 'always' });
    expect(read(outside, 'victim')).toBe('precious');
    expect(fs.readdirSync(folder)).toEqual(['big']);
  }, 120_000);
});

/** Stops after `gets` chunks were asked for. */
async function interrupted(
  snapshot: HandMadeSnapshot,
  nodes: readonly TreeNodeDraft[],
  folder: string,
  gets: number,
): Promise<void> {
  const stop = new AbortController();
  const until = snapshot.gets + gets;
  snapshot.before = async () => {
    if (snapshot.gets > until) stop.abort();
    stop.signal.throwIfAborted();
  };
  const wait = restore(snapshot, nodes, folder, { mark: MARK, signal: stop.signal });
  await expect(wait).rejects.toMatchObject({ code: 'interrupted', hint: 'Run the same again to go on.' });
  snapshot.before = () => Promise.resolve();
}

describe('going on after an interruption', () => {
  it('fetches what is missing, of large files too, and leaves no trace', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const small = Array.from({ length: 20 }, (_, i) => snapshot.file(`a${i}`, [utf8(`small ${i}`)]));
    const parts = Array.from({ length: 40 }, (_, i) => new Uint8Array(MiB).fill(i + 1));
    const nodes = [...small, snapshot.file('big', parts)];
    await interrupted(snapshot, nodes, folder, 1 + 20 + 34);
    expect(fs.existsSync(path.join(folder, 'big'))).toBe(false);
    snapshot.gets = 0;
    const result = await restore(snapshot, nodes, folder, { mark: MARK });
    expect(result).toMatchObject({ resumed: true, failedCount: 0 });
    expect(result.files + result.kept).toBe(21);
    expect(result.keptBytes).toBeGreaterThan(15 * MiB);
    expect(snapshot.gets).toBeLessThanOrEqual(1 + 40 - 15);
    expect(fs.readFileSync(path.join(folder, 'big')).equals(Buffer.concat(parts))).toBe(true);
    expect(fs.readdirSync(folder)).toHaveLength(21);
    await expect(restore(snapshot, nodes, folder, { mark: MARK })).rejects.toMatchObject({
      code: 'target-exists',
    });
  }, 120_000);

  it('leaves what somebody has changed since then, and says so', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const parts = Array.from({ length: 40 }, (_, i) => new Uint8Array(300 * KiB).fill(i + 1));
    const nodes = [snapshot.file('a', [utf8('a')]), snapshot.file('big', parts)];
    await interrupted(snapshot, nodes, folder, 25);
    fs.writeFileSync(path.join(folder, 'a'), 'mine now');
    const result = await restore(snapshot, nodes, folder, { mark: MARK });
    expect(result.failed).toMatchObject([{ path: 'a', code: 'target-exists' }]);
    expect(read(folder, 'a')).toBe('mine now');
  });

  it('does not go on with what another restore has left', async () => {
    const snapshot = new HandMadeSnapshot();
    const folder = temporaryFolder();
    const parts = Array.from({ length: 40 }, (_, i) => new Uint8Array(300 * KiB).fill(i + 1));
    const nodes = [snapshot.file('big', parts)];
    await interrupted(snapshot, nodes, folder, 25);
    const before = seen(folder);
    const wait = restore(snapshot, nodes, folder, { mark: 'another snapshot' });
    await expect(wait).rejects.toMatchObject({ code: 'target-exists' });
    expect(seen(folder).map((line) => line.split(' ')[0])).toEqual(before.map((line) => line.split(' ')[0]));
  });
});
