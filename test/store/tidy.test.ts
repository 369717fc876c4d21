import { beforeEach, describe, expect, test } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { cidText, idText } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import type { SealedChunk } from '../../src/store/chunk-store.ts';
import { Holdings } from '../../src/store/holdings.ts';
import { type TidyOptions, type TidyReport, tidy } from '../../src/store/tidy.ts';
import type { VaultHolding } from '../../src/store/vault-holding.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { SampleDevice, SampleVault } from './sample-log.ts';

const DAY = 24 * 60 * 60 * 1000;
const vault = new SampleVault();
let clock: SimulatedClock;
let disk: MemoryDisk;
let device: SampleDevice;
let holding: VaultHolding;

const open = async (): Promise<VaultHolding> => {
  const place = { disk, folder: '/peer', self: 'self', clock };
  return (await Holdings.open({ ...place, capacityBytes: 1e9, floorBytes: 0 })).vault(vault.id, true);
};
const run = (change: Partial<TidyOptions> = {}): Promise<TidyReport> => {
  const ageMs = (stampMs: number): number => clock.now() - stampMs;
  return tidy(holding, { ageMs, trashMs: 14 * DAY, expiryMs: 7 * DAY, limit: 1000, ...change });
};
const nothing = { trashed: 0, restored: 0, expired: 0, purged: 0, freedBytes: 0, failed: 0 };
const add = (...chunks: SealedChunk[]): Promise<string> =>
  holding.append(device.entry({ adds: chunks.map(({ digest, bytes }) => ({ digest, size: bytes.length })) }));
const drop = (...chunks: SealedChunk[]): Promise<string> =>
  holding.append(device.entry({ drops: chunks.map(({ digest }) => digest) }));
const [one, two] = [sampleChunk('one'), sampleChunk('two')];

beforeEach(async () => {
  clock = new SimulatedClock();
  disk = new MemoryDisk({ now: () => clock.now() });
  device = new SampleDevice(vault);
  holding = await open();
});

describe('a dropped chunk', () => {
  beforeEach(async () => {
    await holding.chunks.put(one);
    await holding.chunks.put(two);
    await add(one, two);
    await clock.advance(30 * DAY);
    await drop(one);
  });

  test('goes to the trash, and leaves it when its retention there has ended (L4)', async () => {
    expect(await run()).toEqual({ ...nothing, trashed: 1, more: false, held: false });
    expect(await holding.chunks.has([one.digest, two.digest])).toEqual([false, true]);
    expect(await holding.chunks.get(one.digest)).toEqual(one.bytes);
    await clock.advance(14 * DAY - 1);
    expect(await run()).toMatchObject(nothing);
    await clock.advance(1);
    expect(await run()).toMatchObject({ ...nothing, purged: 1, freedBytes: 1000 });
    expect(await holding.chunks.get(one.digest)).toBeUndefined();
    expect(holding.books.counts()).toMatchObject({ kept: 1, dropped: 0, trash: 0, uncommitted: 0 });
  });

  test('keeps its retention through a restart', async () => {
    await run();
    await clock.advance(13 * DAY);
    holding = await open();
    expect(holding.books.counts()).toMatchObject({ trash: 1, trashBytes: 1000, dropped: 0 });
    expect(await run()).toMatchObject(nothing);
    await clock.advance(DAY);
    expect(await run()).toMatchObject({ ...nothing, purged: 1, freedBytes: 1000 });
  });

  test('comes back from the trash when a log adds it again, whole (L1, L4)', async () => {
    await run();
    await add(one);
    expect(holding.books.counts()).toMatchObject({ live: 2, restorable: 1, missing: 0 });
    expect(await run()).toMatchObject({ ...nothing, restored: 1 });
    expect(await holding.chunks.has([one.digest])).toEqual([true]);
    expect(holding.books.counts()).toMatchObject({ live: 2, kept: 2, restorable: 0, trash: 0 });
  });

  test('stays where it is while another device still uses it (L1)', async () => {
    const other = new SampleDevice(vault, 'other');
    await holding.append(other.entry({ adds: [{ digest: two.digest, size: 1000 }] }));
    await drop(two);
    expect(await run()).toMatchObject({ ...nothing, trashed: 1 });
    expect(holding.books.of(two.digest)).toMatchObject({ live: true, keeping: 'kept' });
  });

  test('goes to the trash a week after it was put again at the earliest, so that its sender can commit (L2)', async () => {
    await holding.chunks.put(one);
    expect(await run()).toMatchObject(nothing);
    await clock.advance(7 * DAY);
    expect(await run()).toMatchObject({ ...nothing, trashed: 1 });
  });

  test('is not purged by a clock whose age says less than the wall clock (L4)', async () => {
    await run();
    await clock.advance(100 * DAY);
    expect(await run({ ageMs: () => DAY })).toMatchObject(nothing);
  });

  test('is not moved when it lives again at the last moment', async () => {
    let asked = 0;
    disk.fault = (operation, path) => {
      if (operation === 'touch' && path.endsWith(cidText(one.digest)) && asked++ === 0) void add(one);
    };
    expect(await run()).toMatchObject({ failed: 0 });
    disk.fault = undefined;
    await run();
    expect(await holding.chunks.has([one.digest])).toEqual([true]);
  });

  test('that the disk does not let go is told and tried again; others are not delayed', async () => {
    await drop(two);
    disk.fault = (operation, path) => {
      if (operation === 'move' && path.endsWith(cidText(one.digest))) throw new VaultError('io', 'no');
    };
    expect(await run()).toMatchObject({ ...nothing, trashed: 1, failed: 1 });
    disk.fault = undefined;
    expect(await run()).toMatchObject({ ...nothing, trashed: 1 });
  });
});

describe('a chunk that was never committed', () => {
  test('expires a week after it was last put or asked for (L2)', async () => {
    await holding.chunks.put(one);
    await holding.chunks.put(two);
    await clock.advance(5 * DAY);
    expect(await holding.chunks.has([one.digest])).toEqual([true]);
    await clock.advance(5 * DAY);
    expect(await run()).toMatchObject({ ...nothing, expired: 1, freedBytes: 1000 });
    expect(await holding.chunks.has([one.digest, two.digest])).toEqual([true, false]);
    await clock.advance(5 * DAY);
    holding = await open();
    await holding.chunks.put(one);
    await clock.advance(6 * DAY);
    expect(await run()).toMatchObject(nothing);
    await add(one);
    await clock.advance(100 * DAY);
    expect(await run()).toMatchObject(nothing);
  });

  test('is renewed once a day at most, and a live one never', async () => {
    let touches = 0;
    disk.fault = (operation) => {
      if (operation === 'touch') touches += 1;
    };
    await holding.chunks.put(one);
    await holding.chunks.put(two);
    await add(two);
    for (let hour = 0; hour < 48; hour++) {
      await holding.chunks.has([one.digest, two.digest]);
      await holding.chunks.put(one);
      await clock.advance(DAY / 24);
    }
    expect(touches).toBe(1);
  });

  test('of which the logs are told later is kept for good', async () => {
    await holding.chunks.put(one);
    expect(holding.books.counts()).toMatchObject({ uncommitted: 1, uncommittedBytes: 1000 });
    await add(one);
    expect(holding.books.counts()).toMatchObject({ uncommitted: 0, kept: 1 });
  });
});

describe('tidying', () => {
  test('does a bounded number of files at once, and says whether there is more', async () => {
    const chunks = sampleChunks(150);
    for (const chunk of chunks) await holding.chunks.put(chunk);
    await add(...chunks);
    await clock.advance(30 * DAY);
    await drop(...chunks);
    expect(await run({ limit: 100 })).toMatchObject({ trashed: 100, more: true });
    expect(await run({ limit: 100 })).toMatchObject({ trashed: 50, more: false });
    expect(holding.chunks.usage()).toMatchObject({ chunks: 0, trashChunks: 150, trashBytes: 150_000 });
  });

  test('ends when it is told to', async () => {
    await holding.chunks.put(one);
    await clock.advance(30 * DAY);
    await expect(run({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  test('drops what only a retired device added, and refuses what that device says from then on (L4)', async () => {
    const lost = new SampleDevice(vault, 'lost');
    const size = one.bytes.length;
    await holding.chunks.put(one);
    await holding.chunks.put(two);
    await holding.append(lost.entry({ adds: [one, two].map(({ digest }) => ({ digest, size })) }));
    await add(two);
    const late = lost.entry({ adds: [{ digest: one.digest, size }] });
    await holding.append(device.entry({ retires: { device: lost.id, next: 1, hash: one.digest } }));
    expect(await codeOf(holding.append(late))).toBe('denied');
    await expect(holding.append(late)).rejects.toThrow(`device ${idText(lost.id)} has been retired`);
    expect(holding.books.retired(lost.id)).toEqual({ next: 1 });
    await clock.advance(30 * DAY);
    expect(await run()).toMatchObject({ ...nothing, trashed: 1 });
    expect(holding.books.of(two.digest)).toMatchObject({ live: true });
    holding = await open();
    expect(await codeOf(holding.append(late))).toBe('denied');
    expect(holding.books.of(one.digest)).toMatchObject({ live: false, known: true, keeping: 'trash' });
  });

  test('is held by no damage behind the end of a retired log, which nobody can mend', async () => {
    const lost = new SampleDevice(vault, 'lost');
    for (const entry of lost.entries(3)) await holding.append(entry);
    await holding.append(device.entry({ retires: { device: lost.id, next: 1, hash: one.digest } }));
    const path = disk.paths().find((name) => name.endsWith(`${idText(lost.id)}/0000000002`)) ?? '';
    disk.damage(path, (bytes) => bytes.fill(0));
    holding = await open();
    expect(holding.logs.heads().find(({ next }) => next === 2)).toBeDefined();
    expect(await run()).toMatchObject({ held: false });
  });
});
