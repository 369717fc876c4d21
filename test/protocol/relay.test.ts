/** A chunk sent once and passed on by holders: over the simulated network, with real holders and liars (T2, L5). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { passedReceiptMessage, permitProof, receiptMessage } from '../../src/crypto/device-proof.ts';
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { encodeHolderTable } from '../../src/format/holder-table.ts';
import { VaultError } from '../../src/model/errors.ts';
import type { PeerName } from '../../src/model/ids.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import type { SimulatedNetwork } from '../../src/network/simulated-network.ts';
import { type Handler, handler } from '../../src/protocol/handler.ts';
import * as methods from '../../src/protocol/methods.ts';
import { type Carry, carry, type Kept, type Spread, spread } from '../../src/protocol/relay-methods.ts';
import { RemoteLink } from '../../src/protocol/remote-link.ts';
import type { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { serveStream } from '../../src/protocol/rpc-server.ts';
import { ByteGate } from '../../src/runtime/limiter.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import type { SealedChunk } from '../../src/store/chunk-store.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { type TestHolder, testVault, World } from './holder-fixture.ts';

const owner = testVault(1);
const { vault } = owner;
const sorted = (peers: readonly (PeerName | undefined)[]): string[] =>
  peers.map(String).toSorted((a, b) => (a < b ? -1 : 1));

describe('relayed push (T2)', () => {
  let world: World;
  let clock: SimulatedClock;
  let holders: TestHolder[];
  let names: PeerName[];
  let remote: RemotePeer;
  let client: SimulatedNetwork;

  beforeEach(async () => {
    clock = new SimulatedClock();
    world = new World(clock);
    holders = [];
    for (let i = 0; i < 4; i++) holders.push(await world.holder({ relayStallMs: 2000 }));
    names = holders.map(({ network }) => network.self);
    for (const { network } of holders) {
      for (const other of holders) {
        if (other.network !== network)
          await network.learn({ peer: other.network.self, addresses: other.network.addresses() });
      }
    }
    client = await world.node('client');
    await clock.until(writeTable(names.slice(0, 3)));
    remote = await world.remote(at(0), owner, { network: client, stallMs: 10_000 });
  });
  afterEach(() => world.end());

  const at = (index: number): TestHolder => {
    const holder = holders[index];
    if (!holder) throw new Error('no such holder');
    return holder;
  };
  const others = (): PeerName[] => names.slice(1, 3);
  const spreadAll = (chunk: SealedChunk) => clock.until(remote.spread(chunk, others()));

  /** The owner's table names these peers, and every holder knows it. */
  async function writeTable(members: readonly PeerName[]): Promise<void> {
    const table = {
      vault,
      version: 1,
      copies: 3,
      members: members.map((peer) => ({ peer, weight: 50, zone: peer })),
    };
    const bytes = encodeHolderTable(table, owner.signVault);
    for (const { holdings } of holders) await holdings.vault(vault, true).table.write(bytes);
  }

  const whoHas = async (chunk: SealedChunk): Promise<PeerName[]> => {
    const has = holders.map(async ({ holdings }) => holdings.vault(vault)?.chunks.get(chunk.digest));
    const found = await clock.until(Promise.all(has));
    return names.filter((_, i) => found[i] !== undefined);
  };

  it('brings one chunk to all holders of a route, sent once, with the own receipt of each', async () => {
    const chunk = sampleChunk('once', 200 * KiB);
    const sent = new Map<PeerName, number>();
    world.hub.onBytes = (from, _, bytes) => sent.set(from, (sent.get(from) ?? 0) + bytes);
    const { holders: stored } = await spreadAll(chunk);
    expect(sorted(stored)).toEqual(sorted(names.slice(0, 3)));
    expect(await whoHas(chunk)).toEqual(names.slice(0, 3));
    // Each passes it on once: the owner to the first, the first to the second, the second to the third.
    expect(sent.get(client.self)).toBeLessThan(1.05 * 200 * KiB);
    for (const name of names.slice(0, 2)) expect(sent.get(name)).toBeLessThan(1.05 * 200 * KiB);
    expect(sent.get(names[2] ?? '')).toBeLessThan(10 * KiB);
  });

  it('carries many chunks at once, within its bounds of memory; what is beyond them is left to the owner', async () => {
    const small = await world.holder({ relayBytes: MiB, relayBytesPerPeer: MiB });
    await clock.until(
      Promise.all(
        [small, at(1), at(2)].map(({ holdings }) =>
          holdings.vault(vault, true).table.write(
            encodeHolderTable(
              {
                vault,
                version: 2,
                copies: 3,
                members: [small.network.self, ...others()].map((peer) => ({ peer, weight: 50, zone: peer })),
              },
              owner.signVault,
            ),
          ),
        ),
      ),
    );
    for (const peer of [1, 2])
      await small.network.learn({ peer: names[peer] ?? '', addresses: at(peer).network.addresses() });
    const line = await world.remote(small, owner, { network: client });
    const chunks = sampleChunks(12, 300 * KiB);
    world.hub.bytesPerSecond = (from) => (from === small.network.self ? MiB : Number.POSITIVE_INFINITY);
    const results = await clock.until(Promise.all(chunks.map((chunk) => line.spread(chunk, others()))));
    const complete = results.filter(({ holders: stored }) => stored.length === 3);
    expect(complete.length).toBeGreaterThanOrEqual(3);
    expect(complete.length).toBeLessThan(12);
    for (const { holders: stored } of results) expect(stored).toContain(small.network.self);
  });

  it('goes around a holder that is gone, and says who has none', async () => {
    world.hub.kill(names[1] ?? '');
    const chunk = sampleChunk('around', 64 * KiB);
    const { holders: stored } = await spreadAll(chunk);
    expect(sorted(stored)).toEqual(sorted([names[0], names[2]]));
    expect((await spreadAll(sampleChunk('again'))).holders).toHaveLength(2);
  });

  it('waits a bounded time for a holder that hangs, and then does not ask it again for a while', async () => {
    await spreadAll(sampleChunk('warm'));
    world.hub.isolate(names[1] ?? '');
    const startMs = clock.monotonicMs();
    const first = await spreadAll(sampleChunk('first', 64 * KiB));
    const firstMs = clock.monotonicMs() - startMs;
    const second = await spreadAll(sampleChunk('second', 64 * KiB));
    for (const { holders: stored } of [first, second])
      expect(sorted(stored)).toEqual(sorted([names[0], names[2]]));
    expect(firstMs).toBeLessThan(3000);
    expect(clock.monotonicMs() - startMs - firstMs).toBeLessThan(500);
  });

  it('passes on what it cannot keep itself, and keeps what it cannot pass on', async () => {
    const fault = (operation: string): void => {
      if (operation === 'write') throw new VaultError('no-space', 'the disk is full');
    };
    at(0).disk.fault = fault;
    expect((await spreadAll(sampleChunk('full', 64 * KiB))).holders).toEqual(others());
    at(0).disk.fault = undefined;
    for (const index of [1, 2]) at(index).disk.fault = fault;
    expect((await spreadAll(sampleChunk('kept', 64 * KiB))).holders).toEqual([names[0]]);
  });

  it('passes nothing on to peers that the owner has not made holders', async () => {
    const chunk = sampleChunk('stranger');
    const { holders: stored } = await clock.until(remote.spread(chunk, [names[1] ?? '', names[3] ?? '']));
    expect(sorted(stored)).toEqual(sorted([names[0], names[1]]));
    expect(await whoHas(chunk)).not.toContain(names[3]);
  });

  it('does nothing for a device without a hello, and nothing for one that signed another way', async () => {
    const chunk = sampleChunk('denied');
    const reader = await world.remote(at(0), owner, { network: client, hello: undefined });
    expect(await codeOf(clock.until(reader.spread(chunk, others())))).toBe('denied');
    const permit = (facts: Parameters<typeof owner.hello.permit>[0]) =>
      owner.hello.permit({ ...facts, route: [...facts.route].reverse() });
    const crooked = await world.remote(at(0), owner, { network: client, hello: { ...owner.hello, permit } });
    expect(await codeOf(clock.until(crooked.spread(chunk, others())))).toBe('denied');
    expect(await whoHas(chunk)).toEqual([]);
  });

  /** What a holder asks another, said by somebody else. */
  async function carried(
    from: SimulatedNetwork,
    to: TestHolder,
    chunk: SealedChunk,
    change: (request: Carry) => Carry = (request) => request,
  ): Promise<string> {
    const route = [from.self, to.network.self];
    const nonce = new Uint8Array(16).fill(3);
    const facts = { vault, digest: chunk.digest, sizeBytes: chunk.bytes.length, route, nonce };
    const request = change({
      vault,
      digest: chunk.digest,
      route,
      nonce,
      permit: owner.hello.permit(facts),
      certificate: owner.certificate,
    });
    await from.learn({ peer: to.network.self, addresses: to.network.addresses() });
    const link = new RemoteLink({
      network: from,
      peer: to.network.self,
      protocol: methods.BULK_PROTOCOL,
      clock,
      stallMs: 5000,
      greeting: undefined,
    });
    const code = await codeOf(clock.until(link.request(carry, request, chunk.bytes)));
    await link.close();
    return code;
  }

  it('takes from a holder only what the device permitted to come from it', async () => {
    const stranger = await world.node('server');
    const chunk = sampleChunk('permitted');
    const other = testVault(2);
    expect(await carried(stranger, at(1), chunk)).toBe('no error');
    const bad: ((request: Carry) => Carry)[] = [
      (request) => ({ ...request, route: [names[0] ?? '', names[1] ?? ''] }), // not from who it is for
      (request) => ({ ...request, route: [...request.route].reverse() }), // against the way
      (request) => ({ ...request, permit: new Uint8Array(64) }),
      (request) => ({ ...request, nonce: new Uint8Array(16) }),
      (request) => ({ ...request, certificate: other.certificate }),
      (request) => ({ ...request, certificate: new Uint8Array(20) }),
      (request) => ({ ...request, vault: other.vault, certificate: other.certificate }),
      (request) => ({ ...request, digest: sampleChunk('other').digest }),
    ];
    for (const change of bad)
      expect(await carried(stranger, at(2), sampleChunk('bad'), change)).toBe('denied');
    expect(await whoHas(sampleChunk('bad'))).toEqual([]);
  });

  it('stores no other bytes than the permit names, whatever a relay sends', async () => {
    const relay = await world.node('server');
    const chunk = sampleChunk('real', 100);
    const forged = { digest: chunk.digest, bytes: chunk.bytes.slice().reverse() };
    const route = [relay.self, names[1] ?? ''];
    const facts = { vault, digest: chunk.digest, sizeBytes: 100, route, nonce: new Uint8Array(16).fill(3) };
    await carried(relay, at(1), forged, (request) => ({ ...request, permit: owner.hello.permit(facts) }));
    expect(await whoHas(chunk)).toEqual([]);
  });

  it('closes its lines to other holders when nothing has gone over them for a while', async () => {
    await spreadAll(sampleChunk('line'));
    expect(at(1).service.streams).toBe(1);
    await clock.advance(130_000);
    expect(at(1).service.streams).toBe(0);
    expect((await spreadAll(sampleChunk('line 2'))).holders).toHaveLength(3);
  });

  /** A first holder that says what it likes of the others. */
  async function liar(
    kept: (request: Spread, self: SimulatedNetwork) => readonly Kept[],
  ): Promise<RemotePeer> {
    const network = await world.node('server');
    const credulous = handler(methods.hello, async (_, __, session) => {
      session.authorised = { vault, device: owner.device, role: 'full', certificate: owner.certificate };
      return { meta: {} };
    });
    const answer = handler(spread, async (request) => ({
      meta: { kept: kept(request, network), waitMs: 0 },
    }));
    const all: Handler[] = [credulous, answer];
    const served = new Map(all.map((one) => [one.method.number, one]));
    const options = { handlers: served, clock, gate: new ByteGate(MiB) };
    await network.handle(methods.BULK_PROTOCOL, (stream) => void serveStream(stream, options));
    return world.remote({ network }, owner, { network: client });
  }

  const signed = (by: SimulatedNetwork, facts: Pick<Spread, 'digest' | 'nonce'>): Uint8Array =>
    by.sign(passedReceiptMessage({ vault, digest: facts.digest, sizeBytes: 50, nonce: facts.nonce }));
  const own = (request: Spread, network: SimulatedNetwork): Kept => ({
    peer: network.self,
    receipt: signed(network, request),
  });

  it('believes no relay: only what the named holder signed for this chunk, this time, counts', async () => {
    const chunk = sampleChunk('lie', 50);
    const [second = ''] = others();
    const holder = at(1).network;
    const lies: ((request: Spread, self: SimulatedNetwork) => Uint8Array)[] = [
      (request, self) => signed(self, request), // its own signature in the other's name
      (request) => signed(holder, { ...request, digest: sampleChunk('x').digest }),
      (request) => signed(holder, { ...request, nonce: new Uint8Array(16) }), // kept from an earlier time
      ({ digest }) => holder.sign(receiptMessage(vault, digest, 50)), // of a chunk that came directly, long ago
    ];
    for (const lie of lies) {
      const crook = await liar((request, self) => [
        own(request, self),
        { peer: second, receipt: lie(request, self) },
      ]);
      expect(await codeOf(clock.until(crook.spread(chunk, others())))).toBe('corrupt');
    }
  });

  it('counts nobody whom a relay does not show, nor who was not on the way', async () => {
    const chunk = sampleChunk('lie', 50);
    const [, third = ''] = others();
    const silent = await liar((request, self) => [own(request, self), { peer: third, code: 'no-space' }]);
    expect((await clock.until(silent.spread(chunk, others()))).holders).toEqual([silent.peer]);
    const foreign = await liar((request, self) => [
      own(request, self),
      { peer: names[3] ?? '', receipt: signed(at(3).network, request) },
    ]);
    expect((await clock.until(foreign.spread(chunk, others()))).holders).toEqual([foreign.peer]);
  });

  it('signs one way for one chunk: the permit names vault, digest, size, nonce and every holder in order', () => {
    const key = keyPairOfSeed(new Uint8Array(32).fill(9));
    const facts = {
      vault,
      digest: new Uint8Array(32).fill(1),
      sizeBytes: 7,
      route: ['a', 'b'],
      nonce: new Uint8Array(16),
    };
    const permits = [
      facts,
      { ...facts, sizeBytes: 8 },
      { ...facts, route: ['b', 'a'] },
      { ...facts, route: ['a', 'b', 'c'] },
      { ...facts, route: ['ab'] },
      { ...facts, digest: new Uint8Array(32).fill(2) },
      { ...facts, vault: new Uint8Array(32) },
      { ...facts, nonce: new Uint8Array(16).fill(1) },
    ].map((each) => Buffer.from(permitProof(key.privateKey, each)).toString('hex'));
    expect(new Set(permits).size).toBe(permits.length);
    expect(permits).not.toContain(
      Buffer.from(sign(key.privateKey, receiptMessage(vault, facts.digest, 7))).toString('hex'),
    );
  });
});
