/** Reading from the mesh (P4, T3): several holders at once, and none that vanishes, stalls or lies in the middle costs the restore. */
import { describe, expect, test } from 'vitest';
import { bytesEqual } from '../../src/model/bytes.ts';
import { groupOf, keyOf } from '../../src/model/ids.ts';
import { holderOrder } from '../../src/policy/placement.ts';
import type { MeshStore } from '../../src/replication/mesh-store.ts';
import type { ChunkStore, SealedChunk } from '../../src/store/chunk-store.ts';
import { World, type WorldOptions } from './world.ts';

async function filled(
  options: WorldOptions,
  count: number,
  bytes?: number,
): Promise<{ world: World; chunks: SealedChunk[]; reader: MeshStore }> {
  const world = await World.make(options);
  const chunks = world.chunks(count, bytes);
  const writer = world.store();
  await world.run(Promise.all(chunks.map((chunk) => writer.put(chunk))));
  return { world, chunks, reader: world.store() };
}

/** Reads all with some at once and checks every byte. */
async function readAll(reader: MeshStore, chunks: readonly SealedChunk[], width = 8): Promise<void> {
  const queue = [...chunks];
  const worker = async (): Promise<void> => {
    for (let chunk = queue.shift(); chunk; chunk = queue.shift()) {
      const bytes = await reader.get(chunk.digest);
      expect(bytesEqual(bytes, chunk.bytes)).toBe(true);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

describe('get', () => {
  test('reads back what was put, each chunk from one of its placed holders, and from all holders together', async () => {
    const { world, chunks, reader } = await filled({ seed: 21, peers: 6 }, 60);
    await world.run(readAll(reader, chunks));
    const stats = reader.stats();
    expect(stats.reduce((sum, holder) => sum + holder.getChunks, 0)).toBe(60);
    expect(stats.filter((holder) => holder.getChunks > 0).length).toBe(6);
  });

  test('survives two holders that are killed in the middle', async () => {
    const { world, chunks, reader } = await filled({ seed: 22, peers: 5 }, 200);
    world.clock.schedule(20, () => world.kill(world.peers[0]?.name ?? ''));
    world.clock.schedule(60, () => world.kill(world.peers[3]?.name ?? ''));
    const startMs = world.clock.monotonicMs();
    await world.run(readAll(reader, chunks));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(10_000);
  });

  test('loses seconds to holders that stall in the middle (T3)', async () => {
    const { world, chunks, reader } = await filled({ seed: 23, peers: 5 }, 300);
    world.clock.schedule(20, () => world.hub.isolate(world.peers[1]?.name ?? ''));
    world.clock.schedule(40, () => world.hub.isolate(world.peers[2]?.name ?? ''));
    const startMs = world.clock.monotonicMs();
    await world.run(readAll(reader, chunks));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(6_000);
  });

  test('takes another holder when one lies, and never asks the liar for that chunk again', async () => {
    const { world, chunks, reader } = await filled({ seed: 24, peers: 4 }, 40);
    const lies = world.makeLie(world.peers[1]?.name ?? '');
    for (let round = 0; round < 3; round += 1) await world.run(readAll(reader, chunks));
    expect(lies.length).toBeGreaterThan(0);
    expect(new Set(lies.map(keyOf)).size).toBe(lies.length);
    expect(reader.stats()[1]?.damaged).toBe(lies.length);
  });

  test('restores from one honest holder when one dies, one stalls and one lies', async () => {
    const { world, chunks, reader } = await filled({ seed: 25, peers: 4 }, 60);
    const honest = world.peers[3]?.name ?? '';
    const own: SealedChunk[] = [];
    for (const chunk of chunks) if ((await world.whoHas(chunk.digest)).has(honest)) own.push(chunk);
    world.makeLie(world.peers[0]?.name ?? '');
    world.clock.schedule(10, () => world.kill(world.peers[1]?.name ?? ''));
    world.clock.schedule(20, () => world.hub.isolate(world.peers[2]?.name ?? ''));
    await world.run(readAll(reader, own));
    expect(own.length).toBeGreaterThan(20);
  });

  test('gives more to the faster holder, in proportion to its speed (T3)', async () => {
    const { world, chunks, reader } = await filled({ seed: 26, peers: 3 }, 200, 50_000);
    const [quick, slow, slower] = world.peers.map(({ name }) => name);
    world.hub.bytesPerSecond = (from) =>
      from === quick ? 8e6 : from === slow ? 2e6 : from === slower ? 1e6 : 1e9;
    await world.run(readAll(reader, chunks, 16));
    const served = (name: string | undefined): number =>
      reader.stats().find(({ peer }) => peer === name)?.getChunks ?? 0;
    expect(served(quick)).toBeGreaterThan(2 * served(slow));
    expect(served(quick)).toBeGreaterThan(4 * served(slower));
    expect(served(slow)).toBeGreaterThan(served(slower));
    expect(served(slower)).toBeGreaterThan(3);
  });

  test('asks little in vain on a line on which everybody is late', async () => {
    const { world, chunks } = await filled({ seed: 35, peers: 4 }, 120, 100_000);
    world.hub.bytesPerSecond = (_, to) => (to === world.client.self ? 100_000 : 1e9);
    let asked = 0;
    const reader = world.store({
      remote: (peer) => {
        const remote = world.mesh.remote(peer, world.vault);
        const get: ChunkStore['get'] = (digest, options) => {
          asked += 1;
          return remote.get(digest, options);
        };
        return { get, put: (chunk) => remote.put(chunk), has: (digests) => remote.has(digests) };
      },
    });
    await world.run(readAll(reader, chunks, 16));
    expect(asked).toBeLessThan(120 * 1.15 + 8);
  });

  describe('from three holders with slow uplinks', () => {
    const uplink = 250_000;
    /** How long it takes in units of what all three together need at best, and how many bytes come in units of what was asked for. */
    async function restored(
      during?: (world: World) => void,
    ): Promise<{ readonly time: number; readonly received: number }> {
      const { world, chunks, reader } = await filled({ seed: 36, peers: 3, latencyMs: 10 }, 90, 100_000);
      world.hub.uplinkBytesPerSecond = (from) =>
        from === world.client.self ? Number.POSITIVE_INFINITY : uplink;
      let received = 0;
      world.hub.onBytes = (_, to, bytes) => {
        if (to === world.client.self) received += bytes;
      };
      const startMs = world.clock.monotonicMs();
      during?.(world);
      await world.run(readAll(reader, chunks, 24));
      const bestMs = ((90 * 100_000) / (3 * uplink)) * 1000;
      return { time: (world.clock.monotonicMs() - startMs) / bestMs, received: received / (90 * 100_000) };
    }

    test('takes what all three can give, and nearly nothing twice (T3)', async () => {
      const { time, received } = await restored();
      expect(received).toBeLessThan(1.05);
      expect(time).toBeLessThan(1.2);
    });

    test('costs no more than its share when one is killed in the middle (T3)', async () => {
      const { time, received } = await restored((world) => {
        world.clock.schedule(6_000, () => world.kill(world.peers[1]?.name ?? ''));
      });
      expect(received).toBeLessThan(1.2);
      // Half of the work at three, half at two.
      expect(time).toBeLessThan(1.2 * 1.25);
    });
  });

  test('finds a chunk that only a peer outside its placement holds (P4)', async () => {
    const { world, reader } = await filled({ seed: 27, peers: 7 }, 0);
    const chunk = world.chunk();
    const order = holderOrder({ members: world.members() }, world.vault, groupOf(chunk.digest));
    await world.holding(order.at(-1) ?? '').chunks.put(chunk);
    expect(bytesEqual(await world.run(reader.get(chunk.digest)), chunk.bytes)).toBe(true);
  });

  test('reads from peers that are in no table (P4)', async () => {
    const { world, chunks } = await filled({ seed: 28, peers: 4 }, 10);
    const others = world.peers.map(({ name }) => name);
    const reader = world.store({ table: { copies: 3, members: [] }, others });
    await world.run(readAll(reader, chunks));
  });

  test('says "unavailable" with the silent holders while some do not answer, and "lost" when all do', async () => {
    const { world, chunks, reader } = await filled({ seed: 29, peers: 4 }, 5);
    const [chunk] = chunks;
    if (!chunk) return;
    const holders = [...(await world.whoHas(chunk.digest))];
    for (const name of holders) world.hub.isolate(name);
    const startMs = world.clock.monotonicMs();
    const unavailable = reader.get(chunk.digest).catch((error: unknown) => error);
    expect(await world.run(unavailable)).toMatchObject({
      code: 'unavailable',
      data: { silent: expect.any(Array) },
    });
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(30_000);
    world.hub.heal();
    await world.clock.advance(20_000);
    for (const name of holders) await world.holding(name).chunks.remove(chunk.digest);
    await expect(world.run(world.store().get(chunk.digest))).rejects.toMatchObject({ code: 'lost' });
  });

  test('says "lost" when every copy is damaged', async () => {
    const { world, chunks, reader } = await filled({ seed: 30, peers: 3 }, 3);
    for (const { name } of world.peers) world.makeLie(name);
    const lost = reader.get(chunks[0]?.digest ?? new Uint8Array(32)).catch((error: unknown) => error);
    expect(await world.run(lost)).toMatchObject({ code: 'lost', data: { damaged: expect.any(Array) } });
  });

  test('fails fast for chunk after chunk once the silent holders are known', async () => {
    const { world, chunks, reader } = await filled({ seed: 31, peers: 3 }, 200);
    for (const { name } of world.peers) world.hub.isolate(name);
    const startMs = world.clock.monotonicMs();
    for (const { digest } of chunks) {
      const outcome = await world.run(reader.get(digest).catch((error: unknown) => error));
      expect(outcome).toMatchObject({ code: 'unavailable' });
    }
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(60_000);
    await world.run(reader.close());
  });

  test('ends at once when it is interrupted', async () => {
    const { world, chunks, reader } = await filled({ seed: 32, peers: 3 }, 1);
    for (const { name } of world.peers) world.hub.isolate(name);
    const controller = new AbortController();
    world.clock.schedule(300, () => controller.abort(new Error('stop')));
    const startMs = world.clock.monotonicMs();
    const get = reader.get(chunks[0]?.digest ?? new Uint8Array(32), { signal: controller.signal });
    await expect(world.run(get)).rejects.toThrow('stop');
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(400);
  });
});

describe('has', () => {
  test('answers for every digest, in order, also when some holders are dead', async () => {
    const { world, chunks, reader } = await filled({ seed: 33, peers: 5 }, 30);
    world.kill(world.peers[0]?.name ?? '');
    world.kill(world.peers[1]?.name ?? '');
    await world.clock.advance(100);
    const strange = world.chunks(3);
    const here = await world.run(reader.has([...strange, ...chunks].map(({ digest }) => digest)));
    expect(here).toEqual([false, false, false, ...chunks.map(() => true)]);
  });

  test('finds chunks outside their placement, and says unavailable when nobody answers', async () => {
    const { world, reader } = await filled({ seed: 34, peers: 6 }, 0);
    const chunk = world.chunk();
    const order = holderOrder({ members: world.members() }, world.vault, groupOf(chunk.digest));
    await world.holding(order.at(-1) ?? '').chunks.put(chunk);
    expect(await world.run(reader.has([chunk.digest]))).toEqual([true]);
    for (const { name } of world.peers) world.kill(name);
    await world.clock.advance(100);
    await expect(world.run(reader.has([chunk.digest]))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
