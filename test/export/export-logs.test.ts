import { describe, expect, it, onTestFinished } from 'vitest';
import { ExportLogs } from '../../src/export/export-logs.ts';
import { FolderPlace } from '../../src/export/folder-place.ts';
import { logFolder, segmentName, vaultFolder } from '../../src/export/layout.ts';
import { writeLogs } from '../../src/export/write-logs.ts';
import { encodeSegment } from '../../src/format/log-segment.ts';
import { bytesEqual } from '../../src/model/bytes.ts';
import type { VaultError } from '../../src/model/errors.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { SampleDevice, SampleVault } from '../store/sample-log.ts';
import { MemoryExchange } from '../vault/memory-exchange.ts';

/** So many that some of them fill a segment. */
const LARGE = {
  adds: Array.from({ length: 8_000 }, (_, i) => ({ digest: new Uint8Array(32).fill(i), size: i + 1 })),
};
const vault = new SampleVault();
const base = vaultFolder(vault.id);
const keys = { vault: vault.id };

class Stick {
  readonly disk = new MemoryDisk();
  readonly place = new FolderPlace(this.disk, '/stick');
  files(device: SampleDevice): Promise<readonly string[]> {
    return this.disk.list(`/stick/${logFolder(base, device.id)}`);
  }
}

function books(): VaultState {
  const state = VaultState.open(':memory:', { vault: vault.id, device: new Uint8Array(32) });
  onTestFinished(() => state.close());
  return state;
}

/** Books that know of these entries from a holder. */
async function booksWith(...entries: readonly Uint8Array[]): Promise<VaultState> {
  const state = books();
  const exchange = new MemoryExchange('holder');
  for (const entry of entries) exchange.holders[0]?.append(entry);
  await syncLog({ state, keys, exchange });
  return state;
}

async function readBack(device: SampleDevice, sticks: readonly Stick[], to: number) {
  const problems: VaultError[] = [];
  const places = sticks.map(({ place }) => place);
  const logs = new ExportLogs({ vault: vault.id, places, onProblem: (problem) => problems.push(problem) });
  const entries: Uint8Array[] = [];
  for await (const entry of logs.read(device.id, 0, to)) entries.push(entry);
  return { entries, problems, heads: await logs.heads() };
}

describe('logs in an export (X4)', () => {
  it('come back entry for entry, and show where they end', async () => {
    const device = new SampleDevice(vault);
    const entries = device.entries(5);
    const stick = new Stick();
    await writeLogs(stick.place, await booksWith(...entries));
    const { entries: back, heads } = await readBack(device, [stick], 5);
    expect(back).toEqual(entries);
    expect(heads).toMatchObject([{ peer: '/stick', heads: [{ next: 5 }] }]);
  });

  it('grow by rewriting the last segment until it is full, and no file before it', async () => {
    const device = new SampleDevice(vault);
    const stick = new Stick();
    const state = books();
    const exchange = new MemoryExchange('holder');
    const counts: number[] = [];
    for (const more of [13, 1, 2]) {
      for (const entry of device.entries(more, LARGE)) exchange.holders[0]?.append(entry);
      await syncLog({ state, keys, exchange });
      await writeLogs(stick.place, state);
      counts.push((await stick.files(device)).length);
    }
    expect(counts).toEqual([1, 1, 2]);
    expect((await readBack(device, [stick], 16)).entries).toHaveLength(16);
  }, 120_000);

  it('are read past a damaged segment from another stick, and mended by the next run', async () => {
    const device = new SampleDevice(vault);
    const entries = device.entries(4);
    const state = await booksWith(...entries);
    const [rotten, sound] = [new Stick(), new Stick()];
    for (const { place } of [rotten, sound]) await writeLogs(place, state);
    rotten.disk.damage(`/stick/${segmentName(base, device.id, 0)}`, (bytes) => bytes.slice(0, -9));
    const read = await readBack(device, [rotten, sound], 4);
    expect(read.entries).toEqual(entries);
    expect(read.problems.map(({ code }) => code)).toContain('corrupt');
    await writeLogs(rotten.place, state);
    expect((await readBack(device, [rotten], 4)).entries).toEqual(entries);
  });

  it('hand on no forged, foreign or misplaced entry', async () => {
    const device = new SampleDevice(vault);
    const [first, second, third] = device.entries(3);
    const stick = new Stick();
    const put = (at: number, ...some: (Uint8Array | undefined)[]) =>
      stick.place.write(segmentName(base, device.id, at), encodeSegment(some.flatMap((each) => each ?? [])));
    await put(0, first, third);
    expect((await readBack(device, [stick], 3)).entries).toEqual([]);
    await put(0, first);
    await put(1, third);
    expect((await readBack(device, [stick], 3)).entries).toEqual([first]);
    const flipped = second?.map((byte, i) => (i === second.length - 1 ? byte ^ 1 : byte));
    await put(1, flipped);
    expect((await readBack(device, [stick], 3)).entries).toEqual([first]);
    const stranger = new SampleDevice(new SampleVault('other'));
    await put(0, stranger.entry());
    expect((await readBack(device, [stick], 1)).entries).toEqual([]);
  });

  it('survive any bytes in the place of a segment: a damaged place, nothing worse', async () => {
    const device = new SampleDevice(vault);
    const stick = new Stick();
    for (const junk of [
      [],
      [0x80],
      [0x81, 0x40],
      [0xff, 0xff],
      Array.from({ length: 7 << 20 }, () => 0x9f),
    ]) {
      await stick.place.write(segmentName(base, device.id, 0), Uint8Array.from(junk));
      const { entries, problems } = await readBack(device, [stick], 1);
      expect(entries).toEqual([]);
      expect(problems.every(({ code }) => code === 'corrupt')).toBe(true);
    }
  });

  it('do not end before stale segments behind a damaged one: those are removed', async () => {
    const device = new SampleDevice(vault);
    const entries = device.entries(16, LARGE);
    const state = await booksWith(...entries);
    const stick = new Stick();
    await writeLogs(stick.place, state);
    expect(await stick.files(device)).toHaveLength(2);
    const [, last = ''] = await stick.files(device);
    stick.disk.damage(`/stick/${logFolder(base, device.id)}/${last}`, (bytes) => bytes.slice(1));
    await writeLogs(stick.place, state);
    const back = (await readBack(device, [stick], 16)).entries;
    expect(back.every((entry, i) => bytesEqual(entry, entries[i] ?? new Uint8Array()))).toBe(true);
    expect(back).toHaveLength(16);
  }, 120_000);
});
