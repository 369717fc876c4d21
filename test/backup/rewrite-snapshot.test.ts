/** Snapshots without what was excluded too late: exactly what a backup with those excludes would have made, and never less than there was (L1, L4). */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { begunAt } from '../../src/backup/begun-at.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { runPrune } from '../../src/backup/prune.ts';
import { Reach } from '../../src/backup/reach.ts';
import {
  type RewriterOptions,
  type RewriteWish,
  type Rewritten,
  SnapshotRewriter,
} from '../../src/backup/rewrite-snapshot.ts';
import { TreeReader } from '../../src/backup/tree-reader.ts';
import { forgottenSnapshots, runUndelete } from '../../src/backup/undelete.ts';
import { announceForgets, beginUpkeep, type UpkeepOptions } from '../../src/backup/upkeep.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';
import { type Device, KEYS, Rehearsal, watchedSource } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { UpkeepWorld } from './upkeep-world.ts';

const PLAIN: RewriteWish = { forget: false, dryRun: false };

function upkeepOf({ mesh, state, device }: Device): UpkeepOptions {
  return { state, keys: KEYS, device, exchange: mesh.exchange, reader: mesh.store };
}

async function rewritten(
  device: Device,
  wish: Partial<RewriteWish>,
  more: Partial<RewriterOptions> = {},
): Promise<(Rewritten | undefined)[]> {
  await device.sync();
  const records = device.state.snapshots();
  const rewriter = new SnapshotRewriter({
    ...upkeepOf(device),
    store: device.mesh.store,
    clock: systemClock,
    copies: 3,
    wish: { ...PLAIN, ...wish },
    ...more,
  });
  if (wish.dryRun !== true) await rewriter.begin();
  for (const record of records) await rewriter.plan(record);
  const done: (Rewritten | undefined)[] = [];
  for (const record of records) done.push(await rewriter.rewrite(record));
  return done;
}

function recordOf(device: Device, id: string | undefined): SnapshotRecord {
  const record = device.state.snapshots().find((one) => one.id === id);
  if (!record) throw new Error(`no snapshot ${id}`);
  return record;
}

/** With names of every kind, and a folder of several pages. */
function sourceFolder(): string {
  const source = temporaryFolder();
  const at = (...names: string[]): string => join(source, ...names);
  for (const folder of ['keep/deep', 'Cache/deep', 'many']) fs.mkdirSync(at(folder), { recursive: true });
  for (let i = 0; i < 3000; i++) fs.writeFileSync(at('many', `file-${i}`), `${i % 7}`);
  fs.writeFileSync(at('keep', 'deep', 'letter.txt'), 'letter');
  fs.writeFileSync(at('keep', 'deep', 'secret.key'), 'secret');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${source}/keep/raw-`), Buffer.from([0xff, 0xfe])]), 'raw');
  fs.writeFileSync(at('Cache', 'deep', 'large'), Buffer.alloc(300_000, 'x'));
  fs.linkSync(at('Cache', 'deep', 'large'), at('keep', 'large'));
  fs.symlinkSync('letter.txt', at('Cache', 'link'));
  fs.writeFileSync(at('empty'), '');
  return source;
}

describe('a rewritten snapshot', () => {
  it.each([
    { excludes: ['secret.key'] },
    { excludes: ['/**/keep/deep', 'file-1*'] },
    { excludesAnyCase: ['cache'] },
    { excludes: ['*', '!many', '!file-2*'] },
    { excludes: ['raw-??', 'empty'] },
  ])('is what a backup with these excludes would have made: $excludes $excludesAnyCase', async (wish) => {
    const source = sourceFolder();
    const mesh = new Rehearsal();
    const device = mesh.device();
    await device.backup([source]);
    const before = recordOf(device, device.state.snapshots()[0]?.id);
    const [done] = await rewritten(device, wish);
    const { snapshotId } = await device.backup([source], { ...wish, force: true } as object);
    const made = recordOf(device, snapshotId).snapshot;
    const now = recordOf(device, done?.id).snapshot;
    const tree = new TreeReader(new OpenedChunks(mesh.store, KEYS));
    expect(await tree.find(now.root, utf8(source))).toEqual(await tree.find(made.root, utf8(source)));
    expect(now.stats).toEqual(made.stats);
    const { time, host, paths, parent } = before.snapshot;
    expect(now).toMatchObject({ time, host, paths, tags: ['rewrite'], original: before.id });
    expect(now.parent).toBe(parent);
    for (const key of ['files', 'directories', 'links', 'bytes'] as const)
      expect(now.stats[key]).toBe(before.snapshot.stats[key] - (done?.removed[key] ?? 0));
  });

  it('sends the folders that changed and their index, and reads none that cannot hold what goes', async () => {
    const source = sourceFolder();
    const mesh = new Rehearsal();
    const device = mesh.device();
    await device.backup([source]);
    mesh.store.forgetCounts();
    const names: string[] = [];
    await rewritten(device, {
      excludes: [`${source}/keep/deep/secret.key`],
      onRemoved: (path) => names.push(path),
    });
    expect(names).toEqual([`${source}/keep/deep/secret.key`]);
    expect(mesh.store.puts).toHaveLength(2);
    expect(mesh.store.bytes).toBeLessThan(20_000);
  });

  it('is not made where nothing matches, and its log says nothing', async () => {
    const device = new Rehearsal().device();
    await device.backup([sourceFolder()]);
    const entries = device.state.logs.device(device.device.id)?.next;
    expect(await rewritten(device, { excludes: ['nowhere'], forget: true })).toEqual([undefined]);
    expect(device.state.logs.device(device.device.id)?.next).toBe(entries);
  });

  it('of a dry run is told and not made', async () => {
    const device = new Rehearsal().device();
    await device.backup([sourceFolder()]);
    const [done] = await rewritten(device, { excludes: ['file-*', 'link'], dryRun: true });
    expect(done).toMatchObject({ id: undefined, removed: { files: 3000, links: 1, directories: 0 } });
    expect(device.state.snapshots()).toHaveLength(1);
  });

  it('has another host or time and the same tree, for which nothing is sent', async () => {
    const mesh = new Rehearsal();
    const device = mesh.device();
    await device.backup([sourceFolder()]);
    mesh.store.forgetCounts();
    const [done] = await rewritten(device, { host: 'tower', time: 1_000, forget: true });
    expect(done).toMatchObject({ forgotten: true, snapshot: { host: 'tower', time: 1_000, tags: [] } });
    expect(mesh.store.puts).toHaveLength(0);
    expect(device.state.snapshots().map(({ id }) => id)).toEqual([done?.id]);
    await expect(rewritten(device, { host: 'x'.repeat(300) })).rejects.toMatchObject({ code: 'usage' });
  });

  it('with a later time does not hide what changed while the files were read (C3)', async () => {
    const source = sourceFolder();
    const device = new Rehearsal().device();
    await device.backup([source], { time: Date.now() - 60_000 });
    await rewritten(device, { time: Date.now(), forget: true });
    const opened = watchedSource();
    await device.backup([source], { source: opened });
    expect(opened.opened.some((path) => path.endsWith('letter.txt'))).toBe(true);
    expect(begunAt(device.state, device.state.snapshots()[0] as SnapshotRecord)).toBeLessThan(
      Date.now() - 50_000,
    );
  });

  it('made twice is there once, also when the first was forgotten in between', async () => {
    const device = new Rehearsal().device();
    await device.backup([sourceFolder()]);
    const wish = { excludes: ['secret.key'] };
    const [first] = await rewritten(device, wish);
    const again = (await rewritten(device, wish)).filter((one) => one !== undefined);
    expect(again.map(({ id }) => id)).toEqual([first?.id]);
    expect(device.state.snapshots()).toHaveLength(2);
    await announceForgets(upkeepOf(device), [first?.id ?? '']);
    const [back] = await rewritten(device, wish);
    expect(back?.id).not.toBe(first?.id);
    expect(recordOf(device, back?.id).snapshot).toMatchObject({ original: first?.id });
  });

  it('of another device has all it needs in the log of this one', async () => {
    const source = sourceFolder();
    const mesh = new Rehearsal();
    const [made, other] = [mesh.device('made'), mesh.device('other')];
    await made.backup([source]);
    const [done] = await rewritten(other, { excludes: ['secret.key'], forget: true });
    await made.sync();
    await beginUpkeep(upkeepOf(made));
    await runPrune(upkeepOf(made));
    await other.sync();
    const { snapshot } = recordOf(other, done?.id);
    expect(snapshot.device).toEqual(other.device.id);
    const { dropped, kept } = await runPrune(upkeepOf(other));
    expect([dropped.chunks, kept.chunks > 2]).toEqual([0, true]);
    fs.rmSync(join(source, 'keep', 'deep', 'secret.key'));
    fs.utimesSync(join(source, 'keep', 'deep'), 1, 1);
    const wrong = await mesh.differences(other, done?.id ?? '', source);
    expect(wrong).toEqual([expect.objectContaining({ path: 'keep/deep' })]);
  });
});

describe('what was left out', () => {
  /** Chunks that some live snapshot needs. */
  const needed = async (device: Device): Promise<Reach> => {
    const reach = new Reach(new OpenedChunks(device.mesh.store, KEYS));
    for (const { snapshot } of device.state.snapshots())
      await reach.add(snapshot.root, ({ error }) => {
        throw error;
      });
    return reach;
  };
  const chunkOf = async (device: Device, path: string): Promise<Digest> => {
    const tree = new TreeReader(new OpenedChunks(device.mesh.store, KEYS));
    const node = await tree.find(device.state.snapshots()[0]?.snapshot.root ?? [], utf8(path));
    const [ref] = node?.type === 'file' ? node.content : [];
    if (!ref) throw new Error(`no content at ${path}`);
    return ref.chunk;
  };

  it('goes with the chunk that it shared with small files, which get one of their own, in all snapshots (C3)', async () => {
    const source = sourceFolder();
    const mesh = new Rehearsal();
    const [made, other] = [mesh.device('made'), mesh.device('other')];
    await made.backup([source]);
    const secret = join(source, 'keep', 'deep', 'secret.key');
    const shared = await chunkOf(made, secret);
    expect(await chunkOf(made, join(source, 'keep', 'deep', 'letter.txt'))).toEqual(shared);
    fs.rmSync(secret);
    await made.backup([source]);
    const opened = mesh.store.puts.length;
    const done = await rewritten(other, { excludes: ['secret.key'], forget: true });
    expect(new Set(done.map((one) => one?.removed.files))).toEqual(new Set([0, 1]));
    expect(done.every((one) => one?.forgotten && one.moved.files > 3)).toBe(true);
    expect(mesh.store.puts.length - opened).toBeLessThan(8);
    expect((await needed(other)).has(shared)).toBe(false);
    expect(other.state.snapshots()).toHaveLength(2);
    for (const device of [made, other]) {
      await device.sync();
      await beginUpkeep(upkeepOf(device));
      await runPrune(upkeepOf(device));
    }
    await other.sync();
    expect(other.state.chunks.isLive(shared)).toBe(false);
    const newest = other.state
      .snapshots()
      .find(
        (record) =>
          record.snapshot.original === done.find((one) => one?.removed.files === 0)?.snapshot.original,
      );
    expect(await mesh.differences(other, newest?.id ?? '', source)).toEqual([]);
    const again = await made.backup([source]);
    expect(again.filesNew + again.filesChanged).toBe(0);
  });

  it('without --forget moves nothing, as the old snapshot needs the chunk anyway', async () => {
    const device = new Rehearsal().device();
    await device.backup([sourceFolder()]);
    const [done] = await rewritten(device, { excludes: ['secret.key'] });
    expect(done?.moved.files).toBe(0);
  });

  it('is moved once for two snapshots, and all that both need stays alive', async () => {
    const source = sourceFolder();
    const device = new Rehearsal().device();
    await device.backup([source]);
    await device.backup([source], { host: 'again' });
    const { store } = device.mesh;
    store.forgetCounts();
    const done = await rewritten(device, { excludes: ['secret.key'], forget: true });
    expect(done.every((one) => one?.forgotten)).toBe(true);
    expect(new Set(store.puts.map(keyOf)).size).toBe(store.puts.length);
    await beginUpkeep(upkeepOf(device));
    await runPrune(upkeepOf(device));
    const reach = await needed(device);
    for (let number = 0; number < reach.chunks.size; number++)
      expect(device.state.chunks.isLive(reach.chunks.at(number))).toBe(true);
  });
});

describe('the old snapshot', () => {
  it('stays while the new one has fewer copies, and goes when the same is asked again later (P2)', async () => {
    const device = new Rehearsal().device();
    await device.backup([sourceFolder()]);
    const [before] = device.state.snapshots();
    const wish = { excludes: ['secret.key'], forget: true };
    const [kept] = await rewritten(device, wish, { store: few(device, before, 2) });
    expect(kept).toMatchObject({ forgotten: false });
    expect(device.state.snapshots()).toHaveLength(2);
    const again = await rewritten(device, wish, { store: few(device, before, 3) });
    expect(again.filter((one) => one)).toEqual([expect.objectContaining({ forgotten: true, id: kept?.id })]);
    expect(device.state.snapshots().map(({ id }) => id)).toEqual([kept?.id]);
  });

  it('can be brought back with all it had, until the trash is emptied; then what was left out is gone (L4)', async () => {
    const world = new UpkeepWorld(1);
    onTestFinished(() => world.close());
    const [device] = world.devices;
    if (!device) throw new Error('no device');
    await world.play({ wishes: [{ device: 0, does: 'backup', pick: 255 }], seed: 1, unrest: 0, ticks: 0 });
    const [old] = device.state.snapshots();
    const stored = world.holders[0]?.stored.length ?? 0;
    // Files 2 ... of its own bundle: the one with file 0 goes whole when all files but it are rewritten away.
    await world.play({ wishes: [{ device: 0, does: 'rewrite', pick: 10 }], seed: 1, unrest: 0, ticks: 0 });
    expect(device.state.snapshots().map(({ snapshot }) => snapshot.original)).toEqual([old?.id]);
    const lost = forgottenSnapshots(device.state);
    expect(lost.map(({ id }) => id)).toEqual([old?.id]);
    await device.sync();
    const [back] = await runUndelete({ ...device.upkeep(), records: lost, isThere: world.isThere });
    expect(back).toMatchObject({ chunksMissing: 0, complete: true });
    expect(forgottenSnapshots(device.state)).toEqual([]);
    await beginUpkeep(device.upkeep());
    await announceForgets(device.upkeep(), [back?.id ?? '']);
    await world.settle();
    expect(world.holders[0]?.stored.length).toBeLessThan(stored);
  });

  it('or the new one is there, whole, wherever the work is killed', async () => {
    for (let killAt = 0; killAt < 60; killAt++) {
      const world = new UpkeepWorld(2);
      world.bundleBytes = 400;
      try {
        const doing = { device: 0, pick: 10 } as const;
        const calm = { seed: killAt, unrest: 0, ticks: 0 };
        await world.play({ ...calm, wishes: [{ ...doing, does: 'backup', pick: 255 }] });
        await world.play({ ...calm, wishes: [{ ...doing, does: 'rewrite', killAt }], ticks: 3 });
        expect([...world.books.snapshots.keys()].length).toBeGreaterThan(0);
        // The pages that were sent have expired meanwhile; what was signed and not passed on goes out now.
        await world.play({ ...calm, wishes: [{ ...doing, does: 'prune' }], ticks: 3 });
        const left = [...world.books.snapshots.keys()].filter((id) => !world.stillborn.has(id));
        expect({ killAt, left: left.length > 0 }).toEqual({ killAt, left: true });
      } finally {
        world.close();
      }
    }
  }, 120_000);

  it('stays when no holder takes the entry, also when the new pages expire before the next run', async () => {
    const world = new UpkeepWorld(1);
    onTestFinished(() => world.close());
    const calm = { seed: 1, unrest: 0 };
    await world.play({ ...calm, wishes: [{ device: 0, does: 'backup', pick: 255 }], ticks: 0 });
    for (const holder of world.holders)
      Object.defineProperty(holder, 'take', { value: () => new Error('full'), configurable: true });
    await world.play({ ...calm, wishes: [{ device: 0, does: 'rewrite', pick: 10 }], ticks: 5 });
    for (const holder of world.holders) Reflect.deleteProperty(holder, 'take');
    await world.play({ ...calm, wishes: [{ device: 0, does: 'prune', pick: 0 }], ticks: 3 });
    const left = [...world.books.snapshots].filter(([id]) => !world.stillborn.has(id));
    expect(left.map(([, { original }]) => original)).toEqual([undefined]);
    await world.check();
  });
});

/** Pages of the old snapshot have three copies, all others as many as said. */
function few(device: Device, old: SnapshotRecord | undefined, copies: number): RewriterOptions['store'] {
  const { store } = device.mesh;
  const before = new Set(old?.snapshot.root.map(({ chunk }) => keyOf(chunk)));
  return {
    put: (chunk) => store.put(chunk),
    get: (digest) => store.get(digest),
    has: (digests) => store.has(digests),
    countCopies: async (digests) => ({
      copies: digests.map((digest) => (before.has(keyOf(digest)) ? 3 : copies)),
      silent: 0,
    }),
  };
}
