/** The secure channel as two nodes use it, with somebody on the wire between them (M1). */
import net from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import type { Logger } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { afterEach, describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../src/model/bytes.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { MiB } from '../../src/model/units.ts';
import { startLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import type { ByteStream, Network } from '../../src/network/network.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { codeOf } from '../conformance/chunk-store.ts';
import { collect, eventually } from '../conformance/network.ts';

const PROTOCOL = '/vault-test/1';
/** More than nodes say to each other on their own. */
const LARGE = 4000;
const message = (text: string): Uint8Array => utf8(text.padEnd(LARGE, '.'));
const prologue = new Uint8Array(32).fill(7);
const ended: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
});

async function start(mode: 'server' | 'client', listen: readonly string[]): Promise<Network> {
  const network = await startLibp2pNetwork({ mode, listen, bootstrap: [], prologue, clock: systemClock });
  ended.push(() => network.stop());
  return network;
}

const silent: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  newScope: () => silent,
  enabled: false,
});

/** What stands between two nodes: passes everything on, remembers it, and does harm when told. */
class Middleman {
  readonly seen: Buffer[] = [];
  /** What becomes of the large messages of the client; small ones go between two nodes at any time. */
  harm: (bytes: Buffer) => Buffer | 'cut' = (bytes) => bytes;
  /** What becomes of all of its bytes. */
  harmAll: (bytes: Buffer) => Buffer | 'cut' = (bytes) => (bytes.length < LARGE ? bytes : this.harm(bytes));
  readonly #server: net.Server;

  constructor(port: number) {
    this.#server = net.createServer((client) => {
      const peer = net.connect(port, '127.0.0.1');
      const drop = (): void => {
        client.destroy();
        peer.destroy();
      };
      client.on('data', (bytes) => {
        this.seen.push(bytes);
        const passed = this.harmAll(bytes);
        if (passed === 'cut') drop();
        else peer.write(passed);
      });
      peer.on('data', (bytes) => {
        this.seen.push(bytes);
        client.write(bytes);
      });
      for (const socket of [client, peer]) socket.on('error', drop).on('close', drop);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    ended.push(() => this.#server.close());
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }
}

interface Scene {
  readonly middleman: Middleman;
  readonly stream: ByteStream;
  /** What the server got on that stream, and how it ended there. */
  readonly heard: { readonly parts: Uint8Array[]; readonly done: Promise<Error | undefined> };
  readonly server: Network;
}

/** A client with an open stream to a server, both of which know nothing of the middleman. */
async function scene(): Promise<Scene> {
  const server = await start('server', ['/ip4/127.0.0.1/tcp/0']);
  const port = Number(/tcp\/(\d+)/.exec(server.addresses()[0] ?? '')?.[1]);
  const middleman = new Middleman(port);
  const client = await start('client', []);
  const accepted = new Promise<Scene['heard']>((resolve) => {
    void server.handle(PROTOCOL, (stream) => resolve(collect(stream)));
  });
  await client.connect(`/ip4/127.0.0.1/tcp/${await middleman.listen()}/p2p/${server.self}`);
  const stream = await client.open(server.self, PROTOCOL);
  stream.receive(() => undefined);
  await stream.send([utf8('hello')]);
  return { middleman, stream, heard: await accepted, server };
}

const textOf = (parts: readonly Uint8Array[]): string =>
  new TextDecoder().decode(concatBytes(...parts)).replace(/\.+$/, '');

describe('the secure channel', () => {
  it('shows nobody on the wire what it carries', async () => {
    const { middleman, stream, heard } = await scene();
    const secret = utf8('what nobody else may read');
    await stream.send([secret, new Uint8Array(MiB).fill(0x61)]);
    await eventually(() => concatBytes(...heard.parts).length === 5 + secret.length + MiB);
    const wire = Buffer.concat(middleman.seen);
    expect(wire.length).toBeGreaterThan(MiB);
    expect(wire.includes(Buffer.from(secret))).toBe(false);
    expect(wire.includes('aaaaaaaa')).toBe(false);
  });

  it('ends when one bit was changed on the way, before anybody has read it', async () => {
    const { middleman, stream, heard, server } = await scene();
    await eventually(() => heard.parts.length > 0);
    middleman.harm = (bytes) => {
      const changed = Buffer.from(bytes);
      const last = changed.length - 1;
      changed[last] = (changed[last] ?? 0) ^ 1;
      return changed;
    };
    await stream.send([message(' and goodbye')]);
    expect(await heard.done).toBeInstanceOf(Error);
    expect(await stream.ended).toBeInstanceOf(Error);
    expect(textOf(heard.parts)).toBe('hello');
    await eventually(() => server.connected().length === 0);
  });

  it('ends when somebody sends again what was sent before', async () => {
    const { middleman, stream, heard } = await scene();
    await eventually(() => heard.parts.length > 0);
    middleman.harm = (bytes) => Buffer.concat([bytes, bytes]);
    await stream.send([message(', once')]);
    expect(await heard.done).toBeInstanceOf(Error);
    expect(textOf(heard.parts)).toBe('hello, once');
  });

  it('gives out nothing of a record that was cut off', async () => {
    const { middleman, stream, heard } = await scene();
    await eventually(() => heard.parts.length > 0);
    let cut = false;
    middleman.harm = (bytes) => {
      if (cut) return 'cut';
      cut = true;
      return bytes.subarray(0, bytes.length - 1);
    };
    await stream.send([message(', and then?')]);
    await eventually(() => cut);
    await stream.send([message(' nothing')]).catch(() => undefined); // it may have ended already
    await heard.done;
    expect(textOf(heard.parts)).toBe('hello');
  });

  it('has new keys for every connection: the same message never looks the same', async () => {
    const wires: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { middleman, stream, heard } = await scene();
      await stream.send([message('again')]);
      await eventually(() => heard.parts.length > 1);
      wires.push(Buffer.concat(middleman.seen.filter(({ length }) => length >= LARGE)).toString('hex'));
    }
    const [first = '', second = ''] = wires;
    expect(first.length).toBeGreaterThan(2 * LARGE);
    const pieces = new Set(first.match(/.{32}/g));
    expect(second.match(/.{32}/g)?.filter((piece) => pieces.has(piece))).toEqual([]);
  });

  it('survives whoever answers a handshake with garbage, at once and with an error', async () => {
    const answers = [Buffer.alloc(70_000, 0xff), Buffer.from([0xff, 0xff, 1, 2, 3]), Buffer.from([0, 0])];
    for (const answer of answers) {
      const server = await start('server', ['/ip4/127.0.0.1/tcp/0']);
      const port = Number(/tcp\/(\d+)/.exec(server.addresses()[0] ?? '')?.[1]);
      const middleman = new Middleman(port);
      let passed = 0;
      // The first bytes choose the protocol, then comes the handshake.
      middleman.harmAll = (bytes) => (++passed < 3 ? bytes : answer);
      const client = await start('client', []);
      const target = `/ip4/127.0.0.1/tcp/${await middleman.listen()}/p2p/${server.self}`;
      expect(await codeOf(client.connect(target, { signal: AbortSignal.timeout(3000) }))).not.toBe(
        'no error',
      );
      const honest = await start('client', []);
      expect(await honest.connect(server.addresses()[0] ?? '')).toBe(server.self);
    }
  });

  it('is spoken by nobody of an older version: both sides learn so at once', async () => {
    const old = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise({ prologueBytes: prologue })],
      streamMuxers: [yamux()],
    });
    ended.push(() => old.stop());
    const client = await start('client', []);
    const refused = client.connect(old.getMultiaddrs()[0]?.toString() ?? '');
    const error = await refused.catch((reason: unknown) => reason);
    expect(isVaultError(error, 'unavailable') && error.hint).toContain('the same version');
    const server = await start('server', ['/ip4/127.0.0.1/tcp/0']);
    await expect(old.dial(multiaddr(server.addresses()[0] ?? ''))).rejects.toThrow(/negotiate/);
  });

  it('finds the socket below libp2p, without which each record would be several writes', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ended.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const transport = tcp()({ logger: { forComponent: () => silent } });
    const upgrader = { upgradeOutbound: async (connection: object) => connection };
    // biome-ignore lint/suspicious/noExplicitAny: what libp2p gives to a transport is far more than this
    const options: any = { upgrader, signal: AbortSignal.timeout(3000) };
    const connection: object = await transport.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`), options);
    const socket = 'socket' in connection ? connection.socket : undefined;
    expect(socket).toBeInstanceOf(net.Socket);
    if (socket instanceof net.Socket) socket.destroy();
  });
});
