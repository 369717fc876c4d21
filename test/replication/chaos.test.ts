/** Seeded runs in which peers die, stall, lie and slow down at random: what was acknowledged is there, and comes back (S4). */
import { describe, expect, test } from 'vitest';
import { bytesEqual } from '../../src/model/bytes.ts';
import { isVaultError } from '../../src/model/errors.ts';
import type { PeerName } from '../../src/model/ids.ts';
import type { MeshStore } from '../../src/replication/mesh-store.ts';
import type { PutResult, SealedChunk } from '../../src/store/chunk-store.ts';
import { World } from './world.ts';

type Fault = 'kill' | 'stall' | 'lie' | 'slow';
const FAULTS: readonly Fault[] = ['kill', 'stall', 'lie', 'slow'];

/** Strikes `count` peers at random moments within `withinMs`; returns what happened to whom. */
function strike(
  world: World,
  count: number,
  faults: readonly Fault[],
  withinMs: number,
): Map<PeerName, Fault> {
  const struck = new Map<PeerName, Fault>();
  while (struck.size < count) {
    const name = world.peers[world.random.below(world.peers.length)]?.name ?? '';
    if (struck.has(name)) continue;
    const fault = faults[world.random.below(faults.length)] ?? 'kill';
    struck.set(name, fault);
    world.clock.schedule(world.random.below(withinMs), () => {
      if (fault === 'kill') world.kill(name);
      else if (fault === 'stall') world.hub.isolate(name);
      else if (fault === 'lie') world.makeLie(name);
      else slow(world, name);
    });
  }
  return struck;
}

function slow(world: World, name: PeerName): void {
  const before = world.hub.bytesPerSecond;
  world.hub.bytesPerSecond = (from, to) => (from === name || to === name ? 300_000 : before(from, to));
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

async function putAll(
  store: MeshStore,
  chunks: readonly SealedChunk[],
): Promise<Map<SealedChunk, PutResult>> {
  const results = new Map<SealedChunk, PutResult>();
  await inParallel(chunks, 8, async (chunk) => {
    results.set(chunk, await store.put(chunk));
  });
  return results;
}

describe.each([101, 102, 103, 104, 105, 106])('seed %i', (seed) => {
  test('acknowledges only what is there, and reads back whatever an honest reachable holder has', async () => {
    const world = await World.make({ seed, peers: 7, zoneOf: (index) => `house ${index % 4}` });
    const writer = world.store();
    strike(world, 2, ['kill', 'stall', 'slow'], 100);
    const startMs = world.clock.monotonicMs();
    const results = await world.run(putAll(writer, world.chunks(120)));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(40_000);
    for (const [{ digest }, { holders }] of results) {
      const really = await world.whoHas(digest);
      expect(holders.every((name) => really.has(name))).toBe(true);
      expect(new Set(holders).size).toBe(3);
    }
    await world.clock.advance(100);
    world.hub.heal();
    world.hub.bytesPerSecond = () => Number.POSITIVE_INFINITY;
    await world.clock.advance(20_000);
    await world.run(writer.close());
    await checkReads(world, [...results.keys()]);
  });
});

async function checkReads(world: World, chunks: readonly SealedChunk[]): Promise<void> {
  const dead = new Set(world.peers.map(({ name }) => name).filter((name) => !world.hub.node(name)));
  const struck = strike(world, 3, FAULTS, 100);
  const reader = world.store();
  const outcomes = new Map<SealedChunk, unknown>();
  const startMs = world.clock.monotonicMs();
  const reading = inParallel(chunks, 8, async (chunk) => {
    outcomes.set(chunk, await reader.get(chunk.digest).catch((error: unknown) => error));
  });
  await world.run(reading);
  expect(world.clock.monotonicMs() - startMs).toBeLessThan(60_000);
  for (const [chunk, outcome] of outcomes) {
    if (outcome instanceof Uint8Array) {
      expect(bytesEqual(outcome, chunk.bytes)).toBe(true);
      continue;
    }
    const honest = [...(await world.whoHas(chunk.digest))].filter(
      (name) => !dead.has(name) && (!struck.has(name) || struck.get(name) === 'slow'),
    );
    expect(honest).toEqual([]);
    expect(isVaultError(outcome, 'unavailable', 'lost')).toBe(true);
  }
  await world.run(reader.close());
}
