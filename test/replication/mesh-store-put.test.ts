/** Writing into the mesh: copies where placement says, substitutes for holders that die, stall, are full or refuse (P2, P3, L5). */
import { describe, expect, test } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { groupOf } from '../../src/model/ids.ts';
import { holdersFor } from '../../src/policy/placement.ts';
import type { ChunkStore, PutResult, SealedChunk } from '../../src/store/chunk-store.ts';
import { World } from './world.ts';

const sorted = (names: Iterable<string>): string[] => [...names].sort();

async function putAll(store: ChunkStore, chunks: readonly SealedChunk[], width = 8): Promise<PutResult[]> {
  const results: PutResult[] = [];
  const queue = chunks.map((chunk, index) => ({ chunk, index }));
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) results[job.index] = await store.put(job.chunk);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** Each put must have named exactly who has the chunk. */
async function checkBooks(
  world: World,
  chunks: readonly SealedChunk[],
  results: readonly PutResult[],
): Promise<void> {
  for (const [index, { digest }] of chunks.entries()) {
    const named = results[index]?.holders ?? [];
    const really = await world.whoHas(digest);
    expect(named.filter((name) => !really.has(name))).toEqual([]);
  }
}

describe('put', () => {
  test('stores on exactly the holders that placement names, and says so (P3, L5)', async () => {
    const world = await World.make({ seed: 1, peers: 6 });
    const store = world.store();
    const chunks = world.chunks(40);
    const results = await world.run(putAll(store, chunks));
    for (const [index, { digest }] of chunks.entries()) {
      const placed = holdersFor({ members: world.members() }, world.vault, groupOf(digest), 3);
      expect(sorted(results[index]?.holders ?? [])).toEqual(sorted(placed));
      expect(sorted(await world.whoHas(digest))).toEqual(sorted(placed));
    }
    const total = store.stats().reduce((sum, holder) => sum + holder.putChunks, 0);
    expect(total).toBe(120);
  });

  describe('says that the bytes are unused', () => {
    /** What is said of one put, when each holder's stream says what `left` says of it, or the put there ends as `fails` says. */
    async function said(left: (index: number) => boolean | undefined, fails = -1): Promise<PutResult> {
      const world = await World.make({ seed: 9, peers: 5 });
      const chunk = world.chunk();
      const placed = holdersFor({ members: world.members() }, world.vault, groupOf(chunk.digest), 3);
      const store = world.store({
        remote: (peer) => {
          const remote = world.mesh.remote(peer, world.vault, world.device().hello);
          const index = placed.indexOf(peer);
          const put: ChunkStore['put'] = async (sealed, options) => {
            if (index === fails) throw new VaultError('no-space', 'full');
            const { holders } = await remote.put(sealed, options);
            const unused = index < 0 ? true : left(index);
            return { holders, ...(unused === undefined ? {} : { unused }) };
          };
          return { put, get: (digest) => remote.get(digest), has: (digests) => remote.has(digests) };
        },
      });
      return world.run(store.put(chunk));
    }

    test('when all that was sent to each holder had left before its receipt came', async () => {
      expect(await said(() => true)).toMatchObject({ unused: true });
    });

    test('not when a holder gave its receipt early, or a stream cannot tell', async () => {
      for (const late of [0, 1, 2]) {
        expect(await said((index) => index !== late)).toMatchObject({ unused: false });
        expect(await said((index) => (index === late ? undefined : true))).toMatchObject({ unused: false });
      }
    });

    test('never on streams that cannot tell', async () => {
      const world = await World.make({ seed: 9, peers: 5 });
      const results = await world.run(putAll(world.store(), world.chunks(30)));
      for (const { holders, unused } of results) expect([holders.length, unused]).toEqual([3, false]);
    });

    test('not when a holder failed, whose stream may be at it still', async () => {
      const { holders, unused } = await said(() => true, 1);
      expect([holders.length, unused]).toEqual([3, false]);
    });
  });

  test('is idempotent', async () => {
    const world = await World.make({ seed: 2, peers: 4 });
    const store = world.store();
    const chunk = world.chunk();
    const first = await world.run(store.put(chunk));
    expect(sorted((await world.run(store.put(chunk))).holders)).toEqual(sorted(first.holders));
  });

  test('goes on with substitutes when a holder is killed in the middle', async () => {
    const world = await World.make({ seed: 3, peers: 6 });
    const store = world.store();
    const [before, after] = [world.chunks(30), world.chunks(60)];
    const victim = world.peers[2]?.name ?? '';
    world.clock.schedule(30, () => world.kill(victim));
    const startMs = world.clock.monotonicMs();
    const early = await world.run(putAll(store, before));
    await world.clock.advance(100);
    const late = await world.run(putAll(store, after));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(20_000);
    for (const { holders } of [...early, ...late]) expect(new Set(holders).size).toBe(3);
    for (const { holders } of late) expect(holders).not.toContain(victim);
    await checkBooks(world, [...before, ...after], [...early, ...late]);
  });

  test('loses seconds, not minutes, to a holder that stalls', async () => {
    const world = await World.make({ seed: 4, peers: 5 });
    const store = world.store();
    const chunks = world.chunks(300);
    const victim = world.peers[1]?.name ?? '';
    world.clock.schedule(50, () => world.hub.isolate(victim));
    const startMs = world.clock.monotonicMs();
    const results = await world.run(putAll(store, chunks));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(15_000);
    for (const { holders } of results) expect(new Set(holders).size).toBe(3);
    await checkBooks(world, chunks, results);
    expect(store.stats().find(({ peer }) => peer === victim)?.state).toBe('resting');
  });

  test('uses a holder again soon after it is back, without making any chunk wait for it', async () => {
    const world = await World.make({ seed: 5, peers: 4 });
    const store = world.store();
    const victim = world.peers[0]?.name ?? '';
    world.hub.isolate(victim);
    await world.run(putAll(store, world.chunks(20)));
    world.hub.heal();
    await world.clock.advance(20_000);
    await world.run(putAll(store, world.chunks(5)));
    await world.clock.advance(2_000);
    const results = await world.run(putAll(store, world.chunks(40)));
    expect(results.some(({ holders }) => holders.includes(victim))).toBe(true);
    await world.run(store.close());
  });

  test('makes no chunk wait for a holder that the survey found silent', async () => {
    const world = await World.make({ seed: 14, peers: 5 });
    const silent = world.peers[2]?.name ?? '';
    world.hub.isolate(silent);
    const store = world.store({ silent: new Set([silent]) });
    const startMs = world.clock.monotonicMs();
    for (const { holders } of await world.run(putAll(store, world.chunks(30))))
      expect(holders.length).toBe(3);
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(1_000);
    await world.run(store.close());
  });

  test('passes over a full holder, and says no-space only when all are full', async () => {
    const world = await World.make({
      seed: 6,
      peers: 5,
      capacityOf: (index) => (index === 0 ? 100_000 : 4_000_000),
    });
    const store = world.store();
    const results = await world.run(putAll(store, world.chunks(40)));
    for (const { holders } of results) expect(new Set(holders).size).toBe(3);
    expect(store.stats()[0]?.state).toBe('full');
    const tiny = await World.make({ seed: 7, peers: 3, capacityOf: () => 50_000 });
    await expect(tiny.run(putAll(tiny.store(), tiny.chunks(20)))).rejects.toMatchObject({ code: 'no-space' });
  });

  test('never puts two copies in one zone while another has room, also when it substitutes (P2)', async () => {
    const world = await World.make({ seed: 8, peers: 8, zoneOf: (index) => `house ${index % 4}` });
    const store = world.store();
    const zones = (holders: readonly string[]): number =>
      new Set(holders.map((name) => world.peer(name).zone)).size;
    for (const { holders } of await world.run(putAll(store, world.chunks(40))))
      expect(zones(holders)).toBe(3);
    for (const index of [0, 4, 1]) world.kill(world.peers[index]?.name ?? '');
    await world.clock.advance(100);
    await world.run(putAll(store, world.chunks(10)));
    for (const { holders } of await world.run(putAll(store, world.chunks(40))))
      expect(zones(holders)).toBe(3);
    for (const index of [5, 2]) world.kill(world.peers[index]?.name ?? '');
    await world.clock.advance(100);
    await world.run(putAll(store, world.chunks(10)));
    for (const { holders } of await world.run(putAll(store, world.chunks(10)))) {
      expect([holders.length, zones(holders)]).toEqual([3, 2]);
    }
  });

  test('reports fewer holders when there are not enough peers, and fails only when nobody takes the chunk', async () => {
    const world = await World.make({ seed: 9, peers: 3 });
    const store = world.store();
    world.kill(world.peers[0]?.name ?? '');
    await world.clock.advance(100);
    expect((await world.run(store.put(world.chunk()))).holders.length).toBe(2);
    for (const { name } of world.peers) world.kill(name);
    await world.clock.advance(100);
    await expect(world.run(store.put(world.chunk()))).rejects.toMatchObject({ code: 'too-few-peers' });
    await expect(
      world.run(world.store({ table: { copies: 3, members: [] } }).put(world.chunk())),
    ).rejects.toMatchObject({
      code: 'too-few-peers',
    });
  });

  test("never puts a copy on the owner's own machine, and places as if that peer were not there (P2)", async () => {
    const world = await World.make({ seed: 10, peers: 5 });
    const own = new Set([world.peers[3]?.name ?? '']);
    const store = world.store({ avoid: own });
    const chunks = world.chunks(30);
    const results = await world.run(putAll(store, chunks));
    for (const [index, { digest }] of chunks.entries()) {
      const placed = holdersFor({ members: world.members() }, world.vault, groupOf(digest), 3, own);
      expect(sorted(results[index]?.holders ?? [])).toEqual(sorted(placed));
    }
  });

  test('stores nothing as a stranger to the vault', async () => {
    const world = await World.make({ seed: 11, peers: 3 });
    const store = world.store({ remote: (peer) => world.mesh.remote(peer, world.vault) });
    const chunk = world.chunk();
    await expect(world.run(store.put(chunk))).rejects.toMatchObject({
      code: 'too-few-peers',
      message: /denied/,
    });
    expect((await world.whoHas(chunk.digest)).size).toBe(0);
  });

  test('keeps no more bytes in flight than it was told to (T4)', async () => {
    const world = await World.make({ seed: 12, peers: 3 });
    let inFlight = 0;
    let most = 0;
    const { hello } = world.device();
    const store = world.store({
      maxWriteBytes: 100_000,
      remote: (peer) => {
        const remote = world.mesh.remote(peer, world.vault, hello);
        const put: ChunkStore['put'] = async (chunk, options) => {
          inFlight += chunk.bytes.length;
          most = Math.max(most, inFlight);
          try {
            return await remote.put(chunk, options);
          } finally {
            inFlight -= chunk.bytes.length;
          }
        };
        return {
          put,
          get: (digest, options) => remote.get(digest, options),
          has: (digests) => remote.has(digests),
        };
      },
    });
    await world.run(putAll(store, world.chunks(50), 50));
    expect(most).toBeLessThanOrEqual(3 * 100_000);
    expect(most).toBeGreaterThan(100_000);
  });

  test('ends at once when it is interrupted', async () => {
    const world = await World.make({ seed: 13, peers: 3 });
    const store = world.store();
    for (const { name } of world.peers) world.hub.isolate(name);
    const controller = new AbortController();
    const startMs = world.clock.monotonicMs();
    world.clock.schedule(500, () => controller.abort(new Error('stop')));
    await expect(world.run(store.put(world.chunk(), { signal: controller.signal }))).rejects.toThrow('stop');
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(600);
  });
});
