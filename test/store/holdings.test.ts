import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { cidText, idText, type VaultId } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Holdings, type HoldingsOptions } from '../../src/store/holdings.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { SampleDevice, SampleVault } from './sample-log.ts';

const FOLDER = '/peer';
const one = new SampleVault('one');
const two = new SampleVault('two');
let disk: MemoryDisk;
const open = (limits: Partial<HoldingsOptions> = {}): Promise<Holdings> =>
  Holdings.open({
    disk,
    folder: FOLDER,
    self: 'self',
    capacityBytes: 1e9,
    floorBytes: 0,
    clock: new SimulatedClock(),
    ...limits,
  });

beforeEach(() => {
  disk = new MemoryDisk();
});

async function fill(holdings: Holdings): Promise<void> {
  const first = holdings.vault(one.id, true);
  for (const chunk of sampleChunks(3)) await first.chunks.put(chunk);
  await first.logs.append(new SampleDevice(one).entry());
  await first.table.write(one.table(5));
  await holdings.vault(two.id, true).chunks.put(sampleChunk(0));
}

describe('what a peer holds', () => {
  test('is kept apart by vault, and is the same after a restart', async () => {
    const holdings = await open();
    await fill(holdings);
    const again = await open();
    const byName = (h: Holdings): unknown[] =>
      h.summaries().toSorted((a, b) => (idText(a.vault) < idText(b.vault) ? -1 : 1));
    expect(byName(again)).toEqual(byName(holdings));
    expect(again.usage()).toEqual(holdings.usage());
    expect(await again.vault(one.id)?.chunks.get(sampleChunk(2).digest)).toEqual(sampleChunk(2).bytes);
    expect(await again.vault(two.id)?.chunks.get(sampleChunk(2).digest)).toBeUndefined();
  });

  test('is told for status and announcing: vaults, chunks, bytes, logs and table (M3)', async () => {
    const holdings = await open();
    await fill(holdings);
    expect(new Set(holdings.vaults())).toEqual(new Set([one.id, two.id]));
    const [entry] = (await holdings.vault(one.id)?.logs.read(new SampleDevice(one).id, 0, 1e6)) ?? [];
    expect(holdings.summaries()[0]).toEqual({
      vault: one.id,
      chunks: 3,
      chunkBytes: 3000,
      trashChunks: 0,
      trashBytes: 0,
      quarantinedChunks: 0,
      devices: 1,
      logEntries: 1,
      logBytes: entry?.length,
      tableVersion: 5,
    });
    const bytes = 4000 + (entry?.length ?? 0) + one.table(5).length;
    expect(holdings.usage()).toMatchObject({ vaults: 2, chunks: 4, bytes, capacityBytes: 1e9 });
    expect((await disk.space('/')).freeBytes).toBe(2 ** 40 - bytes);
  });

  test('is nothing for a vault that only said hello', async () => {
    const holdings = await open();
    const { chunks } = holdings.vault(one.id, true);
    expect(holdings.vault(one.id, true).chunks).toBe(chunks);
    expect(holdings.vaults()).toEqual([]);
    expect(disk.paths()).toEqual([]);
    expect(holdings.vault(two.id)).toBeUndefined();
  });

  test('lies in folders named by valid ids only; other folders are left alone', async () => {
    await disk.write(`${FOLDER}/vaults/not-a-vault/chunks/00/x`, [new Uint8Array(5)]);
    await disk.write(`${FOLDER}/vaults/${idText(one.id).toUpperCase()}/chunks/00/x`, [new Uint8Array(5)]);
    const holdings = await open();
    expect(holdings.usage()).toMatchObject({ vaults: 0, chunks: 0, bytes: 0 });
    for (const id of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)] as VaultId[]) {
      expect(() => holdings.vault(id, true)).toThrow('32 bytes');
    }
  });

  test('can be closed; what needs the books is refused from then on', async () => {
    const holdings = await open();
    await fill(holdings);
    holdings.close();
    holdings.close();
    expect(await codeOf(holdings.vault(one.id, true).chunks.put(sampleChunk(9)))).toBe('closed');
    expect((await open()).usage().chunks).toBe(4);
  });

  test('has its books in a file of bounded memory, made anew at every start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vault-books-'));
    const booksPath = join(folder, 'deep', 'books.db');
    const holdings = await open({ booksPath });
    await fill(holdings);
    expect(existsSync(booksPath)).toBe(true);
    writeFileSync(`${booksPath}-journal`, 'left by somebody');
    const again = await open({ booksPath });
    expect(again.vault(one.id)?.books.counts()).toMatchObject({ uncommitted: 3 });
    again.close();
    expect(existsSync(booksPath)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test('reports damage with the vault it concerns', async () => {
    const reports: string[] = [];
    const holdings = await open({
      onDamage: (vault, what, name) => reports.push(`${idText(vault)} ${what} ${name}`),
    });
    await fill(holdings);
    const { digest } = sampleChunk(0);
    const path = disk.paths().find((p) => p.includes(idText(two.id)) && p.endsWith(cidText(digest)));
    disk.damage(path ?? '', (bytes) => bytes.fill(0));
    expect(await codeOf(holdings.vault(two.id, true).chunks.get(digest))).toBe('corrupt');
    expect(reports).toEqual([`${idText(two.id)} chunk ${cidText(digest)}`]);
    expect(holdings.vaults()).toEqual([one.id]);
    expect(holdings.usage().bytes).toBe(2 ** 40 - (await disk.space('/')).freeBytes);
  });
});

describe('the quota of a peer', () => {
  test('is one for all vaults, and always leaves room for logs (L2)', async () => {
    const holdings = await open({ capacityBytes: 20_000 });
    const puts = [one, two].flatMap(({ id }) =>
      sampleChunks(15).map((chunk) => codeOf(holdings.vault(id, true).chunks.put(chunk))),
    );
    expect((await Promise.all(puts)).filter((code) => code === 'no error')).toHaveLength(19);
    expect(holdings.usage()).toMatchObject({ chunks: 19, bytes: 19_000, freeBytes: 0 });
    const device = new SampleDevice(one);
    expect(await holdings.vault(one.id, true).logs.append(device.entry())).toBe('added');
    expect(await holdings.vault(one.id, true).table.write(one.table(1))).toBe('added');
    const logs = await Promise.all(
      device.entries(9).map((entry) => codeOf(holdings.vault(one.id, true).logs.append(entry))),
    );
    expect(logs).toContain('no-space');
    expect(holdings.usage().bytes).toBeLessThanOrEqual(20_000);
  });

  test('keeps the floor of the disk, and tells what it would still accept (P2, M4)', async () => {
    disk = new MemoryDisk({ totalBytes: 50_000 });
    const holdings = await open({ floorBytes: 30_000, capacityBytes: 40_000 });
    expect(holdings.usage().freeBytes).toBe(20_000);
    await disk.write('/other', [new Uint8Array(15_000)]);
    expect((await holdings.measure()).freeBytes).toBe(5000);
    const { chunks } = holdings.vault(one.id, true);
    const results = await Promise.all(sampleChunks(8).map((chunk) => codeOf(chunks.put(chunk))));
    expect(results.filter((code) => code === 'no error')).toHaveLength(5);
  });

  test('can be set for each vault, in bytes and in files, and says which limit it was', async () => {
    const holdings = await open({ maxVaultBytes: 10_000, maxVaultChunks: 12 });
    const limitOf = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'none',
        (error: { readonly data?: unknown }) => error.data,
      );
    const first = holdings.vault(one.id, true);
    const results = await Promise.all(sampleChunks(15).map((chunk) => limitOf(first.chunks.put(chunk))));
    expect(results.filter((result) => result === 'none')).toHaveLength(9);
    expect(results).toContainEqual({ limit: 'vault-bytes', capacityBytes: 10_000 });
    expect(await first.append(new SampleDevice(one).entry())).toBe('added');
    const second = holdings.vault(two.id, true);
    for (const chunk of sampleChunks(12, 10)) await second.chunks.put(chunk);
    expect(await limitOf(second.chunks.put(sampleChunk('x', 10)))).toEqual({
      limit: 'vault-chunks',
      maxChunks: 12,
    });
    expect(await second.table.write(two.table(1))).toBe('added');
  });

  test('counts what is in the trash and in quarantine (L4)', async () => {
    const holdings = await open({ capacityBytes: 10_000, maxChunks: 9 });
    const { chunks } = holdings.vault(one.id, true);
    const [first, second, ...others] = sampleChunks(20);
    for (const chunk of [first, second]) await chunks.put(chunk ?? sampleChunk(0));
    await chunks.toTrash(first?.digest ?? new Uint8Array());
    const codes = await Promise.all(others.map((chunk) => codeOf(chunks.put(chunk))));
    expect(codes.filter((code) => code === 'no error')).toHaveLength(7);
    expect(holdings.usage()).toMatchObject({ chunks: 8, trashBytes: 1000, bytes: 9000 });
    await chunks.put(first ?? sampleChunk(0)); // comes back from the trash, and takes no more room
    expect(holdings.usage()).toMatchObject({ chunks: 9, trashBytes: 0, bytes: 9000 });
  });

  test('bounds the number of vaults that strangers can invent', async () => {
    const holdings = await open({ maxVaults: 1 });
    holdings.vault(one.id, true);
    expect(() => holdings.vault(two.id, true)).toThrow('1 vaults');
    expect(holdings.vault(one.id, true)).toBeDefined();
  });
});
