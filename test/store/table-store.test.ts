import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/crypto/digest.ts';
import { compareBytes } from '../../src/model/bytes.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { TableStore } from '../../src/store/table-store.ts';
import { codeOf } from '../conformance/chunk-store.ts';
import { SampleVault } from './sample-log.ts';

const FOLDER = '/v/table';
const vault = new SampleVault();
let disk: MemoryDisk;
let damages: number;
const open = (): Promise<TableStore> =>
  TableStore.open(disk, FOLDER, vault.id, { onDamage: () => void damages++ });

beforeEach(() => {
  disk = new MemoryDisk();
  damages = 0;
});

describe('the holder table kept here', () => {
  test('is the newest ever seen, whatever order they come in, also after a restart (P3)', async () => {
    const store = await open();
    expect(store.newest()).toBeUndefined();
    expect(await store.write(vault.table(2))).toBe('added');
    expect(await store.write(vault.table(1))).toBe('older');
    expect(await store.write(vault.table(3))).toBe('added');
    expect(await store.write(vault.table(3))).toBe('known');
    const again = await open();
    expect(again.newest()?.table.version).toBe(3);
    expect(again.newest()?.bytes).toEqual(vault.table(3));
    expect(await again.write(vault.table(3))).toBe('known');
  });

  test('is the one with the larger hash when two have the same number, on every holder', async () => {
    const both = [vault.table(1), vault.table(1, { copies: 2 })].toSorted((a, b) =>
      compareBytes(digestOf(a), digestOf(b)),
    );
    for (const order of [both, both.toReversed()]) {
      disk = new MemoryDisk();
      const store = await open();
      await Promise.all(order.map((bytes) => store.write(bytes)));
      expect(store.newest()?.bytes).toEqual(both[1]);
      expect((await open()).newest()?.bytes).toEqual(both[1]);
    }
  });

  test("is never somebody else's, nor a changed one", async () => {
    const store = await open();
    expect(await codeOf(store.write(new SampleVault('other').table(9)))).toBe('forgery');
    const changed = vault.table(1);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(await codeOf(store.write(changed))).toBe('forgery');
    expect(await codeOf(store.write(new Uint8Array(10)))).toBe('corrupt');
    expect(disk.paths()).toEqual([]);
  });

  test('counts as none when it was damaged on disk, and is reported (L5)', async () => {
    await (await open()).write(vault.table(4));
    disk.damage(`${FOLDER}/newest`, (bytes) => bytes.slice(0, 20));
    const store = await open();
    expect(store.newest()).toBeUndefined();
    expect(damages).toBe(1);
    expect(disk.paths()).toEqual([`${FOLDER}/damaged`]);
    expect(store.usage()).toBe(20); // it counts as long as it lies there
    expect(await store.write(vault.table(4))).toBe('added');
  });
});
