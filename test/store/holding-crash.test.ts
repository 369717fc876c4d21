import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryHash } from '../../src/format/log-entry.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { idText } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Holdings } from '../../src/store/holdings.ts';
import { entryPath } from '../../src/store/log-files.ts';
import { tidy } from '../../src/store/tidy.ts';
import type { VaultHolding } from '../../src/store/vault-holding.ts';
import { sampleChunk } from '../conformance/chunk-store.ts';
import { expectSameBooks, naiveRecount } from './naive-books.ts';
import { SampleDevice, SampleVault } from './sample-log.ts';

const vault = new SampleVault();
const HOME = `/peer/vaults/${idText(vault.id)}`;
const chunks = Array.from({ length: 10 }, (_, i) => sampleChunk(i, 100 + i));
const added = (which: number): { digest: Uint8Array; size: number } => {
  const { digest, bytes } = chunks[which] ?? sampleChunk(0);
  return { digest, size: bytes.length };
};

const step = fc.record({
  act: fc.constantFrom(
    ...([
      'put',
      'put',
      'put',
      'add',
      'add',
      'drop',
      'retire',
      'remove',
      'trash',
      'back',
      'tidy',
      'has',
      'wait',
    ] as const),
  ),
  which: fc.nat(chunks.length - 1),
  device: fc.nat(1),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Peer {
  readonly clock = new SimulatedClock();
  readonly disk: MemoryDisk;
  readonly devices = ['one', 'two'].map((name) => new SampleDevice(vault, name));

  constructor(seed: string) {
    const random = new SeededRandom(seed);
    const pace = async (): Promise<void> => {
      for (let left = Math.floor(random.fraction() * 12); left > 0; left--) await Promise.resolve();
    };
    this.disk = new MemoryDisk({ random, pace, now: () => this.clock.now() });
  }

  async open(): Promise<VaultHolding> {
    const place = { disk: this.disk, folder: '/peer', self: 'self', clock: this.clock };
    const holdings = await Holdings.open({ ...place, capacityBytes: 1e9, floorBytes: 0, renewMs: 10 });
    return holdings.vault(vault.id, true);
  }

  do(holding: VaultHolding, { act, which, device }: Step): Promise<unknown> {
    const { digest } = added(which);
    const log = this.devices[device] ?? new SampleDevice(vault);
    if (act === 'put') return holding.chunks.put(chunks[which] ?? sampleChunk(0));
    if (act === 'add') return holding.append(log.entry({ adds: [added(which)] }));
    if (act === 'drop') return holding.append(log.entry({ drops: [digest] }));
    if (act === 'retire' && device === 0) {
      const retires = { device: new SampleDevice(vault, 'two').id, next: which };
      return holding.append(log.entry({ retires: which === 0 ? retires : { ...retires, hash: digest } }));
    }
    if (act === 'remove') return holding.chunks.remove(digest);
    if (act === 'trash') return holding.chunks.toTrash(digest);
    if (act === 'back') return holding.chunks.fromTrash(digest);
    if (act === 'has') return holding.chunks.has([digest]);
    if (act === 'wait') return this.clock.advance(20);
    const ageMs = (stampMs: number): number => this.clock.now() - stampMs;
    return tidy(holding, { ageMs, trashMs: 30, expiryMs: 30, limit: 100 });
  }
}

const steps = fc.array(step, { maxLength: 60 });

describe('the books of a holding', () => {
  test('equal a count by hand after anything that happens at once, and after a restart (L1, L4)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), steps, async (seed, todo) => {
        const peer = new Peer(seed);
        const holding = await peer.open();
        for (const end of await Promise.allSettled(todo.map((one) => peer.do(holding, one)))) {
          // what a retired device still says
          if (end.status === 'rejected') expect(isVaultError(end.reason, 'denied', 'not-found')).toBe(true);
        }
        expectSameBooks(holding.books, await naiveRecount(peer.disk, HOME, vault.id));
        const again = await peer.open();
        expectSameBooks(again.books, await naiveRecount(peer.disk, HOME, vault.id));
        expect(again.chunks.usage()).toEqual(holding.chunks.usage());
        expect(again.books.counts()).toEqual(holding.books.counts());
      }),
      { numRuns: 80 },
    );
  });

  test('equal a count by hand after a power cut at any point (L5)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), steps, fc.nat(150), async (seed, todo, moments) => {
        const peer = new Peer(seed);
        const holding = await peer.open();
        const ends = Promise.allSettled(todo.map((one) => peer.do(holding, one)));
        for (let moment = 0; moment < moments; moment++) await Promise.resolve();
        peer.disk.crash();
        for (const end of await ends) {
          if (end.status === 'rejected')
            expect(isVaultError(end.reason, 'closed', 'denied', 'not-found')).toBe(true);
        }
        const again = await peer.open();
        const naive = await naiveRecount(peer.disk, HOME, vault.id);
        expectSameBooks(again.books, naive);
        const files = [...naive.values()].filter(({ keeping }) => keeping !== 'absent');
        expect(again.chunks.usage().chunks + again.chunks.usage().trashChunks).toBe(files.length);
        for (const { digest } of files) expect(await again.chunks.get(digest)).toBeDefined();
      }),
      { numRuns: 80 },
    );
  });
});

describe('a log that damage has cut', () => {
  async function cutLog(): Promise<{ peer: Peer; holding: VaultHolding; entries: Uint8Array[] }> {
    const peer = new Peer('cut');
    const holding = await peer.open();
    const [device] = peer.devices;
    const entries = [0, 1, 2].map((which) => device?.entry({ adds: [added(which)] }) ?? new Uint8Array());
    for (const chunk of chunks.slice(0, 4)) await holding.chunks.put(chunk);
    for (const entry of entries) await holding.append(entry);
    peer.disk.damage(entryPath(`${HOME}/logs`, device?.id ?? new Uint8Array(), 1), (bytes) => bytes.fill(0));
    return { peer, holding, entries };
  }

  test('lets nothing be removed or trashed until it has been sent again, also after a restart (L3)', async () => {
    const { peer, holding, entries } = await cutLog();
    await holding.logs.read(peer.devices[0]?.id ?? new Uint8Array(), 0, 1e6);
    expect(holding.books.counts()).toMatchObject({ live: 3, uncommitted: 1 });
    const again = await peer.open();
    expect(again.books.counts()).toMatchObject({ live: 1, uncommitted: 3 });
    await peer.clock.advance(1000);
    const everything = { ageMs: () => 1000, trashMs: 30, expiryMs: 30, limit: 100 };
    for (const one of [holding, again]) {
      expect(await tidy(one, everything)).toMatchObject({ expired: 0, trashed: 0, held: true });
      for (const entry of entries) await one.append(entry);
      expect(one.logs.cut()).toBe(false);
      expectSameBooks(one.books, await naiveRecount(peer.disk, HOME, vault.id));
    }
    expect(await tidy(again, everything)).toMatchObject({ expired: 1, trashed: 0, held: false });
    expect(again.books.counts()).toMatchObject({ live: 3, kept: 3, uncommitted: 0 });
  });

  test('is found by a restart when nobody has read it since, and nothing is lost by that', async () => {
    const { peer, entries } = await cutLog();
    const again = await peer.open();
    expect(again.logs.cut()).toBe(true);
    expect(again.logs.heads()[0]?.next).toBe(1);
    for (const entry of entries) await again.append(entry);
    expect(again.books.counts()).toMatchObject({ live: 3, kept: 3, missing: 0 });
  });

  test('and went on differently deletes nothing before the next start', async () => {
    const { peer, holding, entries } = await cutLog();
    const [device] = peer.devices;
    await holding.logs.read(device?.id ?? new Uint8Array(), 0, 1e6);
    const previous = entryHash(entries[0] ?? new Uint8Array());
    const fork = device?.entryAt(1, previous, { drops: [added(0).digest] }) ?? new Uint8Array();
    const end = device?.entryAt(2, entryHash(fork)) ?? new Uint8Array();
    for (const entry of [fork, end]) await holding.append(entry);
    expect(holding.logs.cut()).toBe(false);
    expect(holding.books.of(added(0).digest)?.live).toBe(true);
    expect(await tidy(holding, { ageMs: () => 1000, trashMs: 30, expiryMs: 30, limit: 100 })).toMatchObject({
      trashed: 0,
      expired: 0,
      held: true,
    });
    const again = await peer.open();
    expect(again.books.of(added(0).digest)?.live).toBe(false);
  });
});
