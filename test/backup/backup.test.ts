/** Backing up: what goes in comes back, what the vault has is not sent again, and nothing in the source stops the run. */
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dryRunBackup } from '../../src/backup/dry-run.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { VaultError } from '../../src/model/errors.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { KEYS, Rehearsal, watchedSource } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const random = new SeededRandom('backup');
/** Longer than the ticks in which a file could change unseen. */
const TICK_MS = 40;

function write(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  fs.mkdirSync(join(path, '..'), { recursive: true });
  fs.writeFileSync(path, content);
  return path;
}

function someFiles(): string {
  const folder = temporaryFolder();
  for (let i = 0; i < 40; i++) write(folder, `dir-${i % 5}/sub/file-${i}`, `content of ${i}`.repeat(i + 1));
  write(folder, 'big', random.bytes(3 * MiB));
  write(folder, 'zeros', new Uint8Array(5 * MiB));
  write(folder, 'empty', '');
  fs.mkdirSync(join(folder, 'empty-dir'));
  return folder;
}

describe('a backup and its restore', () => {
  it('brings back bytes, modes, times, links and names of every kind (C6)', async () => {
    const folder = someFiles();
    fs.symlinkSync('big', join(folder, 'link'));
    fs.symlinkSync('/nowhere/at/all', join(folder, 'dangling'));
    fs.linkSync(join(folder, 'big'), join(folder, 'dir-1', 'big-too'));
    fs.chmodSync(join(folder, 'dir-2'), 0o700);
    fs.writeFileSync(Buffer.concat([Buffer.from(`${folder}/not-utf8-`), Buffer.from([0xff, 0xfe])]), 'bytes');
    const mesh = new Rehearsal();
    const device = mesh.device();
    const result = await device.backup([folder]);
    expect(result).toMatchObject({ filesNew: 45, links: 2, copiesMin: 1, unreadableCount: 0 });
    expect(result.logHolders).toEqual(['h1', 'h2', 'h3']);
    expect(await mesh.differences(device, result.snapshotId, folder)).toEqual([]);
  });

  it('recreates absolute paths from "/" and keeps several paths in one snapshot', async () => {
    const [a, b] = [someFiles(), someFiles()];
    const mesh = new Rehearsal();
    const device = mesh.device();
    const { snapshotId } = await device.backup([b, a, join(a, 'dir-1')]);
    expect(await mesh.differences(device, snapshotId, a)).toEqual([]);
    expect(await mesh.differences(device, snapshotId, b)).toEqual([]);
  });

  it('sends few pages of a folder of many entries when one is added (C6)', async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 1500; i++) write(folder, `n${i}`, `${i}`);
    const mesh = new Rehearsal();
    const device = mesh.device();
    const first = await device.backup([folder]);
    expect(await mesh.differences(device, first.snapshotId, folder)).toEqual([]);
    await sleep(TICK_MS);
    write(folder, 'n700-more', 'inserted');
    mesh.store.forgetCounts();
    const second = await device.backup([folder]);
    expect(await mesh.differences(device, second.snapshotId, folder)).toEqual([]);
    expect(second).toMatchObject({ filesNew: 1, filesUnmodified: 1500 });
    expect(mesh.store.bytes).toBeLessThan(first.dataAddedPacked / 2);
  });
});

describe('what the vault has is not sent again (C3)', () => {
  it('opens no file and sends no data for an unchanged second run', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const device = mesh.device();
    await sleep(TICK_MS);
    await device.backup([folder]);
    mesh.store.forgetCounts();
    const source = watchedSource();
    const second = await device.backup([folder], { source });
    expect(source.opened).toEqual([]);
    expect(second).toMatchObject({ filesNew: 0, filesChanged: 0, filesUnmodified: 43 });
    expect(mesh.store.bytes).toBeLessThan(64 * KiB);
    expect(await mesh.differences(device, second.snapshotId, folder)).toEqual([]);
  });

  it('sends equal content once, within a run and across runs', async () => {
    const folder = temporaryFolder();
    const [large, small] = [random.bytes(2 * MiB), random.bytes(90 * KiB)];
    for (const name of ['a', 'b', 'c']) {
      write(folder, `${name}/large`, large);
      write(folder, `${name}/small`, small);
    }
    const mesh = new Rehearsal();
    const device = mesh.device();
    await device.backup([folder]);
    expect(mesh.store.bytes).toBeLessThan(2.5 * MiB);
    mesh.store.forgetCounts();
    write(folder, 'd/large', large);
    await sleep(TICK_MS);
    fs.utimesSync(join(folder, 'a/small'), 1, 1);
    const second = await device.backup([folder]);
    expect(second).toMatchObject({ filesNew: 1, filesChanged: 1 });
    expect(mesh.store.bytes).toBeLessThan(64 * KiB);
  });

  it('sends nothing new from a second device, which adds what it re-uses (L1)', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const [laptop, desktop] = [mesh.device('laptop'), mesh.device('desktop')];
    const first = await laptop.backup([folder]);
    mesh.store.forgetCounts();
    const second = await desktop.backup([folder]);
    expect(mesh.store.bytes).toBeLessThan(64 * KiB);
    expect(second.filesNew).toBe(43);
    expect(await mesh.differences(desktop, second.snapshotId, folder)).toEqual([]);
    expect(desktop.state.snapshots().map((record) => record.id)).toEqual([
      first.snapshotId,
      second.snapshotId,
    ]);
    const content = [...laptop.state.chunks.live()].filter((chunk) =>
      desktop.state.chunks.isMine(chunk.digest),
    );
    expect(content.length).toBeGreaterThan(4);
  });

  it('reads a file with several names once and keeps the names together (C6)', async () => {
    const folder = temporaryFolder();
    const first = write(folder, 'a/one', random.bytes(1 * MiB));
    fs.mkdirSync(join(folder, 'b'));
    fs.linkSync(first, join(folder, 'b/two'));
    fs.linkSync(first, join(folder, 'b/three'));
    const mesh = new Rehearsal();
    const device = mesh.device();
    const source = watchedSource();
    const result = await device.backup([folder], { source });
    expect(source.opened).toEqual([first]);
    expect(result).toMatchObject({ filesNew: 3, totalBytes: 3 * MiB });
    expect(await mesh.differences(device, result.snapshotId, folder)).toEqual([]);
  });

  it('sends few chunks for a few bytes inserted into a large file (C2)', async () => {
    const folder = temporaryFolder();
    const content = random.bytes(24 * MiB);
    const path = write(folder, 'large', content);
    const mesh = new Rehearsal();
    const device = mesh.device();
    await device.backup([folder]);
    mesh.store.forgetCounts();
    const at = 11 * MiB;
    fs.writeFileSync(
      path,
      Buffer.concat([content.subarray(0, at), random.bytes(4 * KiB), content.subarray(at)]),
    );
    const second = await device.backup([folder]);
    expect(second.filesChanged).toBe(1);
    expect(mesh.store.puts.length).toBeLessThan(8);
    expect(await mesh.differences(device, second.snapshotId, folder)).toEqual([]);
  });
});

describe('a run that is cut off (L2)', () => {
  it('goes on without sending again what was acknowledged', async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 12; i++) write(folder, `f${i}`, random.bytes(1 * MiB));
    const mesh = new Rehearsal();
    const statePath = join(temporaryFolder(), 'state.db');
    const device = mesh.device('laptop', statePath);
    mesh.store.beforePut = () => {
      if (mesh.store.puts.length >= 6) throw new VaultError('unavailable', 'the line is cut');
    };
    await expect(device.backup([folder], { inFlightBytes: 1 })).rejects.toThrow('the line is cut');
    expect(device.state.snapshots()).toEqual([]);
    const sentBefore = mesh.store.puts.map((digest) => Buffer.from(digest).toString('hex'));
    mesh.store.beforePut = () => undefined;
    mesh.store.forgetCounts();
    device.restart();
    const result = await device.backup([folder]);
    const again = mesh.store.puts.filter((digest) =>
      sentBefore.includes(Buffer.from(digest).toString('hex')),
    );
    expect(again).toEqual([]);
    expect(await mesh.differences(device, result.snapshotId, folder)).toEqual([]);
    expect(device.state.chunks.pendingCount).toBe(0);
  });

  it('sends again what expired on the holders meanwhile, and forgets the snapshot that was never whole', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const device = mesh.device();
    mesh.exchange.holders.forEach((holder) => {
      holder.refuses = true;
    });
    await expect(device.backup([folder])).rejects.toMatchObject({ code: 'too-few-peers' });
    expect(device.state.snapshots()).toEqual([]);
    for (const digest of mesh.store.puts) await mesh.store.inner.remove(digest);
    write(folder, 'dir-1/sub/file-1', 'changed, so that the first snapshot can never be whole again');
    mesh.exchange.holders.forEach((holder) => {
      holder.refuses = false;
    });
    const result = await device.backup([folder]);
    expect(device.state.snapshots().map((record) => record.id)).toEqual([result.snapshotId]);
    expect(await mesh.differences(device, result.snapshotId, folder)).toEqual([]);
    const other = mesh.device('other');
    await other.sync();
    expect(other.state.snapshots().map((record) => record.id)).toEqual([result.snapshotId]);
  });

  it('commits nothing when no holder can take a chunk, and keeps the earlier snapshots', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const device = mesh.device();
    const first = await device.backup([folder]);
    write(folder, 'more', random.bytes(1 * MiB));
    mesh.store.beforePut = () => {
      throw new VaultError('no-space', 'all holders are full');
    };
    await expect(device.backup([folder])).rejects.toMatchObject({ code: 'no-space' });
    expect(device.state.snapshots().map((record) => record.id)).toEqual([first.snapshotId]);
    expect(await mesh.differences(device, first.snapshotId, join(folder, 'dir-1'))).toEqual([]);
  });

  it('ends with the signal’s reason and leaves what was sent for the next run', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const device = mesh.device();
    const stop = new AbortController();
    mesh.store.beforePut = () => stop.abort(new VaultError('interrupted', 'stopped by the user'));
    await expect(device.backup([folder], { signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    mesh.store.beforePut = () => undefined;
    const result = await device.backup([folder]);
    expect(await mesh.differences(device, result.snapshotId, folder)).toEqual([]);
  });

  it('adds what was sent to the log now and then in a long run, without a snapshot', async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 4; i++) write(folder, `f${i}`, random.bytes(1 * MiB));
    write(folder, 'large', random.bytes(8 * MiB));
    const mesh = new Rehearsal();
    const device = mesh.device();
    const result = await device.backup([folder], { checkpointBytes: 2 * MiB, inFlightBytes: 1 });
    expect(mesh.exchange.holders[0]?.logs.values().next().value?.entries.length).toBeGreaterThan(4);
    expect(result.copiesMin).toBe(1);
    expect(device.state.snapshots()).toHaveLength(1);
    const other = mesh.device('other');
    mesh.store.forgetCounts();
    await other.backup([folder]);
    expect(mesh.store.bytes).toBeLessThan(64 * KiB);
  });
});

describe('a source that misbehaves', () => {
  it('skips and counts sockets', async () => {
    const folder = someFiles();
    const server = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const result = await new Rehearsal().device().backup([folder]);
    expect(result).toMatchObject({ specialSkipped: 1, filesNew: 43, unreadableCount: 0 });
  });

  it('goes on when files vanish, shrink or grow while they are read', async () => {
    const folder = temporaryFolder();
    const gone = write(folder, 'a-gone', 'gone');
    const grown = write(folder, 'b-grown', 'short');
    const shrunk = write(folder, 'c-shrunk', random.bytes(2 * MiB));
    write(folder, 'd-stays', 'stays');
    const source = watchedSource((path) => {
      if (path === gone) fs.rmSync(gone);
      if (path === grown) fs.writeFileSync(grown, random.bytes(1 * MiB));
      if (path === shrunk) fs.truncateSync(shrunk, 100);
    });
    const mesh = new Rehearsal();
    const device = mesh.device();
    const result = await device.backup([folder], { source });
    expect(result).toMatchObject({ filesNew: 3, vanished: 1, unreadableCount: 0 });
    expect(await mesh.differences(device, result.snapshotId, folder)).toEqual([]);
  });

  it('lists what it cannot read and backs up the rest', async () => {
    const folder = someFiles();
    const inner = watchedSource((path) => {
      if (path.endsWith('file-7')) throw new VaultError('source-unreadable', `cannot read ${path}: EACCES`);
    });
    const source = {
      ...inner,
      list: (path: string) => {
        if (path.endsWith('dir-3')) throw new VaultError('source-unreadable', `cannot read ${path}: EACCES`);
        return inner.list(path);
      },
    };
    const result = await new Rehearsal().device().backup([folder], { source });
    expect(result.unreadable.map((entry) => entry.path).toSorted()).toEqual([
      join(folder, 'dir-2/sub/file-7'),
      join(folder, 'dir-3'),
    ]);
    expect(result).toMatchObject({ unreadableCount: 2, filesNew: 34 });
  });

  it('refuses to make a snapshot of nothing, and lists one missing path among others', async () => {
    const folder = someFiles();
    const device = new Rehearsal().device();
    await expect(device.backup(['/no/such/path'])).rejects.toMatchObject({ code: 'source-unreadable' });
    const result = await device.backup([folder, '/no/such/path']);
    expect(result.unreadable).toMatchObject([{ path: '/no/such/path', code: 'not-found' }]);
  });

  it('lets the event loop breathe every few milliseconds while it walks', async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 1500; i++) write(folder, `d${i % 10}/f${i}`, 'x'.repeat(i));
    let [ms, yields] = [0, 0];
    const clock = {
      ...systemClock,
      monotonicMs: () => ms++,
      yield: () => {
        yields++;
        return systemClock.yield();
      },
    };
    await new Rehearsal().device().backup([folder], { clock });
    expect(yields).toBeGreaterThan(100);
  });

  it('leaves out what patterns exclude', async () => {
    const folder = someFiles();
    write(folder, 'node_modules/x/y', 'no');
    write(folder, 'keep/a.tmp', 'no');
    const excludes = ['node_modules/', '*.tmp', join(folder, 'dir-1')];
    const result = await new Rehearsal().device().backup([folder], { excludes });
    expect(result).toMatchObject({ filesNew: 35, excluded: 3 });
  });
});

describe('around a run', () => {
  it('says on how few holders its chunks are', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const device = mesh.device();
    const store = {
      put: async (chunk: Parameters<typeof mesh.store.put>[0]) => {
        await mesh.store.put(chunk);
        return { holders: mesh.store.puts.length === 2 ? ['a', 'b'] : ['a', 'b', 'c'] };
      },
      get: (digest: Uint8Array) => mesh.store.get(digest),
      has: (digests: readonly Uint8Array[]) => mesh.store.has(digests),
    };
    const result = await device.backup([folder], { store });
    expect(result.copiesMin).toBe(2);
    expect(result.chunksPerHolder.get('c')).toBe(result.chunksSent - 1);
  });

  it('reports progress towards an estimate', async () => {
    const folder = someFiles();
    const seen: number[] = [];
    await new Rehearsal().device().backup([folder], {
      estimate: true,
      onProgress: (progress) => {
        seen.push(progress.filesDone);
        expect(progress.totalFiles).toBeTypeOf('number');
      },
    });
    expect(seen.at(-1)).toBe(43);
  });

  it('rehearses without a peer and writes nothing', async () => {
    const folder = someFiles();
    const mesh = new Rehearsal();
    const device = mesh.device();
    const source = nodeFileSource();
    const options = { state: device.state, keys: KEYS, source, crew: inlineCrew, clock: systemClock };
    const dry = await dryRunBackup({ ...options, paths: [folder], host: 'laptop' });
    expect(dry).toMatchObject({ filesNew: 43, totalFiles: 43 });
    expect(dry.dataAdded).toBeGreaterThan(3 * MiB);
    expect(mesh.store.puts).toEqual([]);
    await device.backup([folder]);
    const after = await dryRunBackup({ ...options, paths: [folder], host: 'laptop' });
    // The folders above are in the tree too, and others make files in them meanwhile.
    expect(after.dataAdded).toBeLessThan(4096);
  });
});
