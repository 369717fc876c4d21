/** The same protocols over real libp2p streams on loopback: what the simulated ones cannot promise for them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { MiB } from '../../src/model/units.ts';
import { startLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import type { Network } from '../../src/network/network.ts';
import { FRAME_RESPONSE } from '../../src/protocol/frames.ts';
import { type HolderService, serveHoldings } from '../../src/protocol/holder-service.ts';
import { BULK_PROTOCOL, CONTROL_PROTOCOL, put } from '../../src/protocol/methods.ts';
import { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { RpcChannel } from '../../src/protocol/rpc-channel.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { Holdings } from '../../src/store/holdings.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { testVault } from './holder-fixture.ts';
import { rawFrame } from './stream-pair.ts';

const clock = systemClock;
const { vault, hello } = testVault(1);
const common = { bootstrap: [], clock, prologue: new Uint8Array(32) };

describe('over libp2p', () => {
  let holder: Network;
  let client: Network;
  let service: HolderService;
  let remote: RemotePeer;
  beforeAll(async () => {
    holder = await startLibp2pNetwork({ ...common, mode: 'server', listen: ['/ip4/127.0.0.1/tcp/0'] });
    client = await startLibp2pNetwork({ ...common, mode: 'client', listen: [] });
    const room = { capacityBytes: 1024 * MiB, floorBytes: 0 };
    const options = { disk: new MemoryDisk(), folder: '/peer', self: holder.self, ...room };
    const holdings = await Holdings.open({ ...options, clock });
    const advert = (): Uint8Array => new Uint8Array(0);
    service = await serveHoldings({ network: holder, holdings, advert, clock, limits: { stallMs: 1500 } });
    const peer = await client.connect(holder.addresses()[0] ?? '');
    remote = new RemotePeer({ network: client, peer, vault, hello, clock });
  });
  afterAll(async () => {
    await remote.close();
    await client.stop();
    await holder.stop();
  });

  it('carries chunks both ways, many at a time, and a ping in between (T1)', async () => {
    const chunks = sampleChunks(12, MiB);
    const puts = Promise.all(chunks.map((chunk) => remote.put(chunk)));
    expect(await remote.pingMs()).toBeGreaterThan(0);
    for (const { unused } of await puts) expect(unused).toBe(true);
    for (const { bytes } of chunks) bytes.fill(0);
    const back = await Promise.all(chunks.map(({ digest }) => remote.get(digest)));
    expect(back.map((bytes) => bytes?.length)).toEqual(chunks.map(() => MiB));
  });

  it('does not say that a request has left when a hostile holder answers what it has not read', async () => {
    const protocol = '/hostile/1';
    const early = rawFrame({
      kind: FRAME_RESPONSE,
      method: put.number,
      id: 1,
      meta: { receipt: new Uint8Array(64) },
    });
    await holder.handle(protocol, (stream) => {
      stream.receive(async () => {
        await stream.send([early]);
        await stream.ended; // reads no further
      });
    });
    const channel = new RpcChannel(await client.open(holder.self, protocol), { clock, stallMs: 1500 });
    const { digest, bytes } = sampleChunk('early', 3 * MiB);
    const { requestLeft } = await channel.request(put, { vault, digest }, bytes);
    expect(requestLeft).toBe(false);
    channel.abort(new VaultError('closed', 'enough'));
  });

  it.each([CONTROL_PROTOCOL, BULK_PROTOCOL])('ends a hostile stream on %s and no other', async (protocol) => {
    const chunk = sampleChunk('kept');
    await remote.put(chunk);
    const attacks = [
      new Uint8Array(MiB).fill(0xff),
      rawFrame({ method: 200, id: 1 }),
      rawFrame({ method: protocol === BULK_PROTOCOL ? 17 : 32, id: 1, meta: { vault } }).slice(0, -3),
    ];
    for (const bytes of attacks) {
      const stream = await client.open(holder.self, protocol);
      stream.receive(() => undefined);
      await stream.send([bytes]).catch(() => undefined); // refused before all of it was sent
      await stream.ended;
    }
    expect(await remote.get(chunk.digest)).toEqual(chunk.bytes);
    expect(await remote.pingMs()).toBeGreaterThan(0);
    await expect.poll(() => service.streams, { timeout: 5000 }).toBe(2);
  });

  it('denies writing without a hello', async () => {
    const reader = new RemotePeer({ network: client, peer: holder.self, vault, clock });
    expect(await codeOf(reader.put(sampleChunk('new', MiB)))).toBe('denied');
    expect(await reader.get(sampleChunk('new', MiB).digest)).toBeUndefined();
    await reader.close();
  });

  it('rejects what is outstanding when the holder stops', async () => {
    await remote.info().catch(() => undefined); // both streams are open now
    const pending = sampleChunks(8, MiB).map((chunk) => codeOf(remote.put(chunk)));
    await clock.sleep(5);
    await service.stop();
    for (const code of await Promise.all(pending)) expect(code).toMatch(/unavailable|no error/);
    expect(service.streams).toBe(0);
  });
});
