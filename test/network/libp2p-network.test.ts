import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelDatastore } from 'datastore-level';
import { afterEach, describe, expect, it } from 'vitest';
import { KiB, MiB } from '../../src/model/units.ts';
import { networkError } from '../../src/network/libp2p-errors.ts';
import { startLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import type { Network } from '../../src/network/network.ts';
import type { NetworkOptions } from '../../src/network/network-options.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { eventually, networkConformance } from '../conformance/network.ts';

const started: Network[] = [];
const folders: string[] = [];

async function start(options: Partial<NetworkOptions> = {}): Promise<Network> {
  const network = await startLibp2pNetwork({
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mode: 'server',
    bootstrap: [],
    prologue: new Uint8Array(32).fill(7),
    clock: systemClock,
    ...options,
  });
  started.push(network);
  return network;
}

async function end(): Promise<void> {
  await Promise.all(started.splice(0).map((network) => network.stop()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-network-'));
  folders.push(folder);
  return folder;
}

async function recordsIn(folder: string, prefix: string): Promise<number> {
  const store = new LevelDatastore(folder);
  await store.open();
  let records = 0;
  for await (const _ of store.queryKeys({ prefix })) records++;
  await store.close();
  return records;
}

networkConformance('Libp2pNetwork', async () => ({ start, end }));

describe('Libp2pNetwork', () => {
  afterEach(end);

  it('keeps one DHT record per storage peer and per holder of a vault, however often they are announced (M3)', async () => {
    const dataDirs = [await newFolder(), await newFolder(), await newFolder()];
    const [first, ...rest] = dataDirs;
    const nodes = [await start({ dataDir: first ?? '' })];
    const bootstrap = nodes[0]?.addresses() ?? [];
    for (const dataDir of rest) nodes.push(await start({ dataDir, bootstrap }));
    await eventually(() => nodes.every((node) => node.connected().length === 2));
    const random = new SeededRandom('keys');
    const storagePeers = random.bytes(32);
    const vaults = [random.bytes(32), random.bytes(32)];
    for (let round = 0; round < 2; round++) {
      for (const node of nodes) {
        await node.announce(storagePeers);
        for (const vault of vaults) await node.announce(vault);
      }
    }
    await Promise.all(nodes.map((node) => node.stop()));
    for (const dataDir of dataDirs) {
      expect(await recordsIn(dataDir, '/dht/provider')).toBe(nodes.length * (1 + vaults.length));
    }
  });

  it('forgets clients that left, also those that were there when it ended: the peer store does not grow (T4)', async () => {
    const dataDir = await newFolder();
    const privateKeySeed = new SeededRandom('server').bytes(32);
    const server = await start({ dataDir, privateKeySeed });
    await start({ bootstrap: server.addresses() });
    await eventually(async () => (await server.known()).length === 1);
    const visit = async (): Promise<Network> => {
      const client = await start({ mode: 'client', listen: [], bootstrap: server.addresses() });
      await client.announce(new Uint8Array(32).fill(9)); // speaks the protocol that peers are known by
      return client;
    };
    for (let i = 0; i < 5; i++) await (await visit()).stop();
    await visit();
    await server.stop();
    expect(await recordsIn(dataDir, '/peers')).toBeLessThanOrEqual(3); // itself, the other server, the client still there
    const again = await start({ dataDir, privateKeySeed });
    await eventually(async () => (await again.known()).length === 1);
    await again.stop();
    expect(await recordsIn(dataDir, '/peers')).toBe(2);
  });

  it('keeps its peers on disk: a restarted mesh reconnects without any address, in any order (M2)', async () => {
    const seeds = [1, 2, 3].map((n) => new SeededRandom(n).bytes(32));
    const dirs = await Promise.all(seeds.map(newFolder));
    const port = async (): Promise<string> => `/ip4/127.0.0.1/tcp/${await freePort()}`;
    const listens = [await port(), await port(), await port()];
    const boot = (index: number, bootstrap: readonly string[] = []): Promise<Network> => {
      const [privateKeySeed, dataDir, listen] = [seeds[index], dirs[index], listens[index]];
      if (!privateKeySeed || !dataDir || !listen) throw new Error('no such node');
      return start({ privateKeySeed, dataDir, listen: [listen], bootstrap });
    };
    const first = await boot(0);
    const before = [first, await boot(1, first.addresses()), await boot(2, first.addresses())];
    await eventually(() => before.every((node) => node.connected().length === 2));
    await Promise.all(before.map((node) => node.stop()));
    const after = [await boot(2), await boot(1), await boot(0)];
    expect(after.map((node) => node.self)).toEqual(before.map((node) => node.self).reverse());
    await eventually(() => after.every((node) => node.connected().length === 2), 15_000);
  });

  it('refuses a folder that is in use', async () => {
    const dataDir = await newFolder();
    await start({ dataDir });
    await expect(start({ dataDir })).rejects.toMatchObject({ code: 'locked' });
  });

  it('says which address it could not listen on, and lets go of its folder', async () => {
    const other = await start();
    const dataDir = await newFolder();
    const listen = [other.addresses()[0]?.replace(/\/p2p\/.*/, '') ?? ''];
    await expect(start({ dataDir, listen })).rejects.toMatchObject({ code: 'io' });
    await start({ dataDir });
  });

  it('bounds the memory of a sender whose reader sleeps (T4)', async () => {
    const server = await start();
    await server.handle('/sleep/1', (stream) => stream.receive(() => new Promise(() => undefined)));
    const client = await start({ mode: 'client', listen: [] });
    await client.connect(server.addresses()[0] ?? '');
    const stream = await client.open(server.self, '/sleep/1');
    const block = new Uint8Array(256 * KiB);
    const before = process.memoryUsage().arrayBuffers;
    let sent = 0;
    const sending = (async () => {
      for (; sent < 256 * MiB; sent += block.length) await stream.send([block]);
    })();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent).toBeLessThan(4 * MiB);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MiB);
    stream.abort(new Error('enough'));
    await expect(sending).rejects.toMatchObject({ code: 'closed' });
  });

  it('tells a machine that is silent from one that is no peer, and neither from another mesh', async () => {
    const client = await start({ mode: 'client', listen: [] });
    const silent = await listenRaw((server) => server);
    const rude = await listenRaw((server) => server.on('connection', (socket) => socket.destroy()));
    try {
      const to = (port: number): string =>
        `/ip4/127.0.0.1/tcp/${port}/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp`;
      await expect(client.connect(to(rude.port))).rejects.toMatchObject({ code: 'unavailable' });
      const signal = AbortSignal.timeout(300);
      await expect(client.connect(to(silent.port), { signal })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
    } finally {
      silent.server.close();
      rude.server.close();
    }
  });

  it('names the reason of a failure that libp2p wrapped', () => {
    const inside = (message: string): Error => {
      const error = new Error(message);
      error.name = 'EncryptionFailedError';
      return new AggregateError([new Error('connect ECONNREFUSED'), error], 'All multiaddr dials failed');
    };
    const code = (error: Error): unknown => ('code' in error ? error.code : undefined);
    expect(code(networkError('a peer', inside('The operation was aborted due to timeout')))).toBe('timeout');
    expect(code(networkError('a peer', inside('Encryption failed')))).toBe('unavailable');
    const refused = inside('handshake stage 1 validation fail: Invalid chacha20poly1305 decryption');
    expect(code(networkError('a peer', refused))).toBe('foreign-mesh');
    expect(code(networkError('a peer', inside('stage')))).toBe('unavailable');
  });

  it('reaches a peer that can be dialled only through another one, with more than the usual 128 KiB (M2)', async () => {
    const relay = await start({ relay: true, nat: false });
    const hidden = await start({
      listen: ['/p2p-circuit'],
      bootstrap: relay.addresses(),
      relay: true,
      nat: false,
    });
    await eventually(() => hidden.addresses().some((address) => address.includes('/p2p-circuit/')));
    let heard = 0;
    await hidden.handle('/count/1', (stream) =>
      stream.receive((bytes) => {
        heard += bytes.length;
        return undefined;
      }),
    );
    const client = await start({ mode: 'client', listen: [] });
    await client.connect(hidden.addresses().find((address) => address.includes('/p2p-circuit/')) ?? '');
    expect(client.connected()).toContain(hidden.self);
    const stream = await client.open(hidden.self, '/count/1');
    for (let i = 0; i < 8; i++) await stream.send([new Uint8Array(MiB)]);
    await stream.close();
    await eventually(() => heard === 8 * MiB);
  });
});

async function listenRaw(prepare: (server: Server) => Server): Promise<{ server: Server; port: number }> {
  const server = prepare(createServer());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listenRaw((plain) => plain);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
