/** Joining a mesh and looking around (M1, M3, M4): storage peers and holders come from the DHT, latency from pings, facts from adverts. */
import { describe, expect, test } from 'vitest';
import { startSimulatedNetwork } from '../../src/network/simulated-network.ts';
import { Mesh } from '../../src/replication/mesh.ts';
import { World } from './world.ts';

describe('join', () => {
  test('needs one peer of the ticket to answer', async () => {
    const world = await World.make({ seed: 41, peers: 3 });
    world.kill(world.peers[0]?.name ?? '');
    const network = await startSimulatedNetwork(world.hub, { mode: 'client' });
    const { clock, meshSecret } = world;
    const mesh = await world.run(Mesh.join({ network, meshSecret, clock, bootstrap: world.addresses() }));
    expect(network.connected().length).toBeGreaterThan(0);
    await world.run(mesh.close());
  });

  test('says unavailable when nobody answers, and foreign-mesh when the handshake is refused (M1)', async () => {
    const world = await World.make({ seed: 42, peers: 2 });
    const { clock, meshSecret, hub } = world;
    const bootstrap = world.addresses();
    const prologue = new Uint8Array(32).fill(7);
    const stranger = await startSimulatedNetwork(hub, { mode: 'client', prologue });
    const foreign = Mesh.join({ network: stranger, meshSecret, clock, bootstrap });
    await expect(world.run(foreign)).rejects.toMatchObject({ code: 'foreign-mesh' });
    for (const { name } of world.peers) world.kill(name);
    const late = await startSimulatedNetwork(hub, { mode: 'client' });
    const nobody = Mesh.join({ network: late, meshSecret, clock, bootstrap });
    await expect(world.run(nobody)).rejects.toMatchObject({ code: 'unavailable' });
    const alone = Mesh.join({ network: late, meshSecret, clock, bootstrap: [] });
    await expect(world.run(alone)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('survey', () => {
  test('finds every storage peer from one address, with its signed facts and measured latency (M3, M4)', async () => {
    const world = await World.make({ seed: 43, peers: 5, zoneOf: (index) => `house ${index}` });
    const network = await startSimulatedNetwork(world.hub, { mode: 'client' });
    const { clock, meshSecret, hub } = world;
    const far = world.peers[2]?.name;
    hub.latencyMs = (from, to) => (from === far || to === far ? 50 : 5);
    const bootstrap = world.addresses().slice(0, 1);
    const mesh = await world.run(Mesh.join({ network, meshSecret, clock, bootstrap }));
    const facts = await world.run(mesh.survey());
    expect(facts.map(({ name }) => name).sort()).toEqual(['peer-0', 'peer-1', 'peer-2', 'peer-3', 'peer-4']);
    expect(facts.every(({ reachable, accepting }) => reachable && accepting)).toBe(true);
    for (const { peer, latencyMs, zone } of facts) {
      expect(latencyMs).toBeCloseTo(peer === far ? 100 : 10, 0);
      expect(zone).toBe(world.peer(peer).zone);
    }
    await world.run(mesh.close());
  });

  test('reports who does not answer as unreachable, in seconds, with what it said before', async () => {
    const world = await World.make({ seed: 44, peers: 5 });
    await world.run(world.mesh.survey());
    const [dead = '', stopped = ''] = world.peers.map(({ name }) => name);
    world.kill(dead);
    world.hub.isolate(stopped);
    const startMs = world.clock.monotonicMs();
    const facts = await world.run(world.mesh.survey({ also: ['12D3KooWnobody'] }));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(12_000);
    expect(facts.filter(({ reachable }) => reachable).length).toBe(3);
    const silent = facts.filter(({ reachable }) => !reachable);
    expect(silent.map(({ peer }) => peer).sort()).toEqual(['12D3KooWnobody', dead, stopped].sort());
    expect(silent.find(({ peer }) => peer === dead)).toMatchObject({ name: 'peer-0', machine: 'machine-0' });
  });

  test('right after a join, waits three seconds for a stopped peer and long enough for one at 300 ms (T3)', async () => {
    const world = await World.make({ seed: 47, peers: 6 });
    const { clock, meshSecret, hub } = world;
    const [far = '', stopped = ''] = world.peers.map(({ name }) => name);
    hub.latencyMs = (from, to) => (from === far || to === far ? 150 : 5);
    const network = await startSimulatedNetwork(hub, { mode: 'client' });
    hub.isolate(stopped);
    const startMs = clock.monotonicMs();
    const mesh = await world.run(Mesh.join({ network, meshSecret, clock, bootstrap: world.addresses() }));
    const facts = await world.run(mesh.survey({ also: [stopped] }));
    expect(clock.monotonicMs() - startMs).toBeLessThan(4000);
    expect(facts.filter(({ reachable }) => !reachable).map(({ peer }) => peer)).toEqual([stopped]);
    expect(facts.find(({ peer }) => peer === far)?.latencyMs).toBeCloseTo(300, 0);
    await world.run(mesh.close());
  });

  test('ends at once when it is interrupted', async () => {
    const world = await World.make({ seed: 45, peers: 2 });
    for (const { name } of world.peers) world.hub.isolate(name);
    const controller = new AbortController();
    world.clock.schedule(100, () => controller.abort(new Error('stop')));
    await expect(world.run(world.mesh.survey({ signal: controller.signal }))).rejects.toThrow('stop');
  });
});

describe('holdersOf', () => {
  test('finds the holders of a vault through the DHT, and nobody for a vault that nobody holds (M3)', async () => {
    const world = await World.make({ seed: 46, peers: 6 });
    const store = world.store();
    const results = await world.run(Promise.all(world.chunks(3).map((chunk) => store.put(chunk))));
    await world.clock.advance(100);
    const holders = await world.run(world.mesh.holdersOf(world.vault));
    expect([...holders].sort()).toEqual([...new Set(results.flatMap((result) => result.holders))].sort());
    expect(await world.run(world.mesh.holdersOf(new Uint8Array(32)))).toEqual([]);
  });
});
