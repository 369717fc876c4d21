import { beforeEach, describe, expect, test } from 'vitest';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { entryHash, type LogEntry } from '../../src/format/log-entry.ts';
import { VaultError } from '../../src/model/errors.ts';
import { keyOf } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { entryPath } from '../../src/store/log-files.ts';
import { LogStore } from '../../src/store/log-store.ts';
import { codeOf } from '../conformance/chunk-store.ts';
import { SampleDevice, SampleVault } from './sample-log.ts';
import { wrappedDisk } from './wrapped-disk.ts';

const FOLDER = '/v/logs';
const vault = new SampleVault();
let disk: MemoryDisk;
let device: SampleDevice;
let damaged: number[];
const open = (): Promise<LogStore> =>
  LogStore.open(disk, FOLDER, vault.id, { onDamage: (_, sequence) => damaged.push(sequence) });
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
const rot = (sequence: number): boolean => disk.damage(entryPath(FOLDER, device.id, sequence), flip);
const nextOf = (store: LogStore): number | undefined => store.heads()[0]?.next;

beforeEach(() => {
  disk = new MemoryDisk();
  device = new SampleDevice(vault);
  damaged = [];
});

async function appendAll(store: LogStore, entries: readonly Uint8Array[]): Promise<string[]> {
  const results: string[] = [];
  for (const entry of entries) results.push(await store.append(entry));
  return results;
}

describe("a holder's logs", () => {
  test('keep every valid extension, tell their ends, and give entries back in order (L3)', async () => {
    const store = await open();
    const entries = device.entries(4);
    expect(await appendAll(store, entries)).toEqual(['added', 'added', 'added', 'added']);
    expect(store.heads()).toEqual([
      { device: device.id, next: 4, hash: entryHash(entries[3] ?? new Uint8Array()) },
    ]);
    expect(await store.read(device.id, 0, 1e9)).toEqual(entries);
    expect(await store.read(device.id, 3, 1e9)).toEqual(entries.slice(3));
    expect(await store.read(device.id, 4, 1e9)).toEqual([]);
    expect(await store.read(new SampleDevice(vault, 'other').id, 0, 1e9)).toEqual([]);
  });

  test('give no more bytes than asked for, but always one entry', async () => {
    const store = await open();
    const entries = device.entries(4);
    await appendAll(store, entries);
    const [first, second] = entries.map((entry) => entry.length);
    expect(await store.read(device.id, 0, (first ?? 0) + (second ?? 0))).toEqual(entries.slice(0, 2));
    expect(await store.read(device.id, 0, (first ?? 0) + (second ?? 0) - 1)).toEqual(entries.slice(0, 1));
    expect(await store.read(device.id, 2, 1)).toEqual(entries.slice(2, 3));
  });

  test('are the same after a restart, and after another one', async () => {
    const other = new SampleDevice(vault, 'other');
    const first = await open();
    await appendAll(first, [...device.entries(3), ...other.entries(2)]);
    for (let restart = 0; restart < 2; restart++) {
      const store = await open();
      const byName = (heads: LogStore): unknown[] =>
        heads.heads().toSorted((a, b) => (keyOf(a.device) < keyOf(b.device) ? -1 : 1));
      expect(byName(store)).toEqual(byName(first));
      expect(store.usage()).toEqual(first.usage());
    }
    expect(await (await open()).append(device.entry())).toBe('added');
  });

  test('know an entry that they have, also when it comes twice at once', async () => {
    const store = await open();
    const entry = device.entry();
    const results = await Promise.all([store.append(entry), store.append(entry), store.append(entry)]);
    expect(results.toSorted()).toEqual(['added', 'known', 'known']);
    expect(store.usage()).toEqual({ devices: 1, entries: 1, bytes: entry.length });
  });

  test('take entries that arrive at once in their order', async () => {
    const store = await open();
    const entries = device.entries(10);
    expect(await Promise.all(entries.map((entry) => store.append(entry)))).toEqual(
      entries.map(() => 'added'),
    );
    expect(nextOf(store)).toBe(10);
  });
});

describe('logs refuse', () => {
  test('an entry whose predecessors are missing, and say where they end', async () => {
    const store = await open();
    const [first, , third] = device.entries(3);
    await store.append(first ?? new Uint8Array());
    expect(await codeOf(store.append(third ?? new Uint8Array()))).toBe('not-found');
    await expect(store.append(third ?? new Uint8Array())).rejects.toMatchObject({ data: { next: 1 } });
  });

  test('a fork: another entry in a place that is taken, or one that follows another past (L3)', async () => {
    const store = await open();
    const entries = device.entries(3);
    await appendAll(store, entries);
    const drops = [new Uint8Array(32)];
    const fork = device.entryAt(1, entryHash(entries[0] ?? new Uint8Array()), { drops });
    expect(await codeOf(store.append(fork))).toBe('rollback');
    const unchained = device.entryAt(3, entryHash(fork));
    expect(await codeOf(store.append(unchained))).toBe('rollback');
    expect(await store.read(device.id, 0, 1e9)).toEqual(entries);
  });

  test('bytes that were changed, and bytes that are no entry at all', async () => {
    const store = await open();
    const entry = device.entry();
    for (let at = 0; at < entry.length; at += 7) {
      const changed = entry.map((byte, i) => (i === at ? byte ^ 1 : byte));
      expect(['forgery', 'corrupt', 'unsupported-version']).toContain(await codeOf(store.append(changed)));
    }
    expect(await codeOf(store.append(new SeededRandom('noise').bytes(500)))).toBe('corrupt');
    expect(await codeOf(store.append(new Uint8Array(2 ** 21)))).toBe('corrupt');
    expect(store.usage()).toEqual({ devices: 0, entries: 0, bytes: 0 });
  });

  test('a device that the vault has not certified (L1)', async () => {
    const store = await open();
    const stranger = new SampleVault('stranger');
    const forged = encodeCertificate(
      { vault: vault.id, device: device.id, name: 'x', created: 0 },
      stranger.sign,
    );
    expect(await codeOf(store.append(device.entryAt(0, undefined, { certificate: forged })))).toBe('forgery');
    expect(await codeOf(store.append(new SampleDevice(stranger).entry()))).toBe('forgery');
  });

  test('an entry for which there is no room, and take it when there is (L2)', async () => {
    let full = true;
    const admit = async (): Promise<() => void> => {
      if (full) throw new VaultError('no-space', 'full');
      return () => {};
    };
    const store = await LogStore.open(disk, FOLDER, vault.id, { admit });
    const entry = device.entry();
    expect(await codeOf(store.append(entry))).toBe('no-space');
    expect(store.heads()).toEqual([]);
    full = false;
    expect(await store.append(entry)).toBe('added');
  });
});

describe('the log of a device with fewer rights (L4)', () => {
  const adds = [{ digest: new Uint8Array(32).fill(1), size: 5 }];
  const drops = [new Uint8Array(32).fill(1)];
  const announcement = new Uint8Array(80);
  const retires = { device: new Uint8Array(32).fill(7), next: 0 };

  test('takes nothing away when it is append-only, not even with the signature of the vault', async () => {
    const store = await open();
    const web = new SampleDevice(vault, 'web', 'append-only');
    expect(await appendAll(store, [web.entry({ adds }), web.entry({ announcement })])).toEqual([
      'added',
      'added',
    ]);
    const [previous] = store.heads().map(({ hash }) => hash);
    for (const change of [{ drops }, { retires }, { adds, drops }]) {
      expect(await codeOf(store.append(web.entryAt(2, previous, change)))).toBe('denied');
    }
    expect(nextOf(store)).toBe(2);
    expect(await store.append(web.entry({ adds }))).toBe('added');
  });

  test('is one empty entry when it is a keeper', async () => {
    const store = await open();
    const watch = new SampleDevice(vault, 'watch', 'keeper');
    for (const change of [{ adds }, { announcement }, { drops }, { retires }]) {
      expect(await codeOf(store.append(watch.entryAt(0, undefined, change)))).toBe('denied');
    }
    const first = watch.entry();
    expect(await store.append(first)).toBe('added');
    expect(await store.append(first)).toBe('known');
    expect(await codeOf(store.append(watch.entry()))).toBe('denied');
    expect(nextOf(store)).toBe(1);
  });

  test('is judged by its first entry, after a restart too', async () => {
    const web = new SampleDevice(vault, 'web', 'append-only');
    const entries = [web.entry(), web.entry({ adds })];
    await appendAll(await open(), entries);
    const store = await open();
    expect(
      await codeOf(
        store.append(web.entryAt(2, entryHash(entries[1] ?? drops[0] ?? announcement), { drops })),
      ),
    ).toBe('denied');
  });
});

describe('a retired device', () => {
  const retired = (next: number) => () => ({ next });

  test('is refused from the end of its log on, and heard about what was before (L4)', async () => {
    const store = await LogStore.open(disk, FOLDER, vault.id, { retired: retired(2) });
    const entries = device.entries(3);
    expect(await appendAll(store, entries.slice(0, 2))).toEqual(['added', 'added']);
    expect(await codeOf(store.append(entries[2] ?? new Uint8Array()))).toBe('denied');
    expect(nextOf(store)).toBe(2);
    expect(await appendAll(store, entries.slice(0, 2))).toEqual(['known', 'known']);
  });

  test('keeps its log as it was when the word of its retirement came late', async () => {
    const entries = device.entries(3);
    await appendAll(await open(), entries);
    const store = await LogStore.open(disk, FOLDER, vault.id, { retired: retired(1) });
    expect(await appendAll(store, entries)).toEqual(['known', 'known', 'known']);
    expect(await store.read(device.id, 0, 1e9)).toEqual(entries);
  });
});

describe('what was added', () => {
  test('is told once, in the order of the log, with its hash', async () => {
    const told: string[] = [];
    const onAdded = (entry: LogEntry, hash: Uint8Array): number =>
      told.push(`${entry.sequence} ${keyOf(hash)}`);
    const store = await LogStore.open(disk, FOLDER, vault.id, { onAdded });
    const entries = device.entries(5);
    await Promise.all([...entries, ...entries].map((entry) => store.append(entry)));
    expect(told).toEqual(entries.map((entry, i) => `${i} ${keyOf(entryHash(entry))}`));
  });
});

describe('damage in a log', () => {
  test('says that the log is cut until it is whole again, also after a restart', async () => {
    const store = await open();
    const entries = device.entries(4);
    await appendAll(store, entries);
    expect(store.cut()).toBe(false);
    rot(3);
    rot(1);
    await store.read(device.id, 0, 1e9);
    expect(store.cut()).toBe(true);
    const again = await open();
    expect(again.cut()).toBe(true);
    await appendAll(again, entries.slice(0, 3));
    expect(again.cut()).toBe(true);
    await appendAll(again, entries);
    expect(again.cut()).toBe(false);
    expect((await open()).cut()).toBe(false);
  });

  test('in the middle is found on read, and the entries are taken again from whoever has them', async () => {
    const store = await open();
    const entries = device.entries(5);
    await appendAll(store, entries);
    rot(2);
    expect(await store.read(device.id, 0, 1e9)).toEqual(entries.slice(0, 2));
    expect(nextOf(store)).toBe(2);
    expect(damaged).toEqual([2]);
    await appendAll(store, entries);
    expect(await store.read(device.id, 0, 1e9)).toEqual(entries);
    expect((await open()).usage()).toEqual(store.usage());
  });

  test('at the place asked for is an error, and then an end', async () => {
    const store = await open();
    await appendAll(store, device.entries(3));
    rot(1);
    expect(await codeOf(store.read(device.id, 1, 1e9))).toBe('corrupt');
    expect(await store.read(device.id, 1, 1e9)).toEqual([]);
  });

  test('at the end is found when the store opens', async () => {
    const entries = device.entries(3);
    await appendAll(await open(), entries);
    rot(2);
    const store = await open();
    expect(nextOf(store)).toBe(2);
    expect(await appendAll(store, entries)).toEqual(['known', 'known', 'added']);
  });

  test('is healed by an append, before anybody read it', async () => {
    const store = await open();
    const entries = device.entries(3);
    await appendAll(store, entries);
    rot(1);
    expect(await appendAll(store, entries)).toEqual(['known', 'added', 'added']);
    expect(await store.read(device.id, 0, 1e9)).toEqual(entries);
  });

  test('does not let a forked entry into its place when the one before it differs', async () => {
    const store = await open();
    const entries = device.entries(3);
    await appendAll(store, entries);
    rot(2);
    expect(await codeOf(store.append(device.entryAt(2, entryHash(new Uint8Array(3)))))).toBe('rollback');
  });
});

describe('crashes', () => {
  test('a power cut loses no acknowledged entry (L5)', async () => {
    for (let seed = 0; seed < 20; seed++) {
      disk = new MemoryDisk({ random: new SeededRandom(`crash ${seed}`) });
      device = new SampleDevice(vault);
      const store = await open();
      const entries = device.entries(4);
      let acknowledged = 0;
      const appends = entries.map(async (entry) => {
        await store.append(entry);
        acknowledged += 1;
      });
      for (let step = 0; step < seed * 3; step++) await Promise.resolve();
      const before = acknowledged;
      disk.crash();
      await Promise.allSettled(appends);
      const again = await open();
      const kept = await again.read(device.id, 0, 1e9);
      expect(kept.length).toBeGreaterThanOrEqual(before);
      expect(kept).toEqual(entries.slice(0, kept.length));
      await appendAll(again, entries);
      expect(await again.read(device.id, 0, 1e9)).toEqual(entries);
    }
  });

  test('makes durable what a killed process left, before it says that it knows it (L5)', async () => {
    const entry = device.entry();
    await (await open()).append(entry);
    const written: string[] = [];
    const counting = wrappedDisk(disk, (inner) => ({
      write: (path, parts) => {
        written.push(path);
        return inner.write(path, parts);
      },
    }));
    const store = await LogStore.open(counting, FOLDER, vault.id);
    expect(await store.append(entry)).toBe('known');
    expect(await store.append(entry)).toBe('known');
    expect(written).toEqual([entryPath(FOLDER, device.id, 0)]);
  });
});

describe('damaged entries', () => {
  const size = (bytes: Uint8Array | undefined): number => bytes?.length ?? 0;

  test('count as long as they lie in quarantine, also after a restart (L4: limits include quarantine)', async () => {
    const store = await open();
    const entries = device.entries(3);
    await appendAll(store, entries);
    const full = store.heldBytes();
    rot(2);
    await store.read(device.id, 0, 1e9);
    expect(store.usage().entries).toBe(2);
    expect(store.heldBytes()).toBe(full);
    expect((await open()).heldBytes()).toBe(full);
    await store.append(entries[2] ?? new Uint8Array());
    expect(store.heldBytes()).toBe(full + size(entries[2]));
  });

  test('give up their bytes when entries need the room, and still tell how far the log had gone', async () => {
    const entries = device.entries(3);
    const limit = entries.reduce((sum, entry) => sum + entry.length, 0);
    const limited = async (): Promise<LogStore> => {
      const store: LogStore = await LogStore.open(disk, FOLDER, vault.id, {
        admit: async (bytes) => {
          if (store.heldBytes() + bytes > limit) throw new VaultError('no-space', 'full');
          return () => {};
        },
      });
      return store;
    };
    const store = await limited();
    await appendAll(store, entries);
    rot(2);
    await store.read(device.id, 0, 1e9);
    expect(store.cut()).toBe(true);
    expect((await limited()).cut()).toBe(true);
    expect(await store.append(entries[2] ?? new Uint8Array())).toBe('added');
    expect(store.heldBytes()).toBe(limit);
    rot(2);
    await store.read(device.id, 0, 1e9);
    await store.append(entries[2] ?? new Uint8Array());
    disk.damage(entryPath(FOLDER, device.id, 2), () => new Uint8Array());
    const reopened = await limited();
    expect(reopened.cut()).toBe(true);
    expect(nextOf(reopened)).toBe(2);
  });
});
