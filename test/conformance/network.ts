/** What every Network keeps, real or rehearsed: run by test/network/{libp2p,simulated}-network.test.ts. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import type { ByteStream, Network } from '../../src/network/network.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

export interface NodeOptions {
  readonly mode?: 'server' | 'client';
  readonly prologue?: Uint8Array;
  readonly bootstrap?: readonly string[];
  readonly privateKeySeed?: Uint8Array;
}

export interface NetworkUnderTest {
  start(options?: NodeOptions): Promise<Network>;
  /** Stops every node. */
  end(): Promise<void>;
}

const PROTOCOL = '/vault-test/1';
const mesh = new Uint8Array(32).fill(7);

/** Everything a stream delivers, copied; `done` resolves with why it ended. */
export function collect(stream: ByteStream): { parts: Uint8Array[]; done: Promise<Error | undefined> } {
  const parts: Uint8Array[] = [];
  stream.receive((bytes) => {
    parts.push(bytes.slice());
    return undefined;
  });
  return { parts, done: stream.ended };
}

export async function eventually(what: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await what())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function addressOf(network: Network): string {
  const [address] = network.addresses();
  if (!address) throw new Error('no address');
  return address;
}

const sha256 = (parts: readonly Uint8Array[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

export function networkConformance(name: string, begin: () => Promise<NetworkUnderTest>): void {
  describe(`${name} keeps the promises of a Network`, () => {
    let under: NetworkUnderTest;
    let server: Network;
    const start = (options: NodeOptions = {}): Promise<Network> =>
      under.start({ prologue: mesh, ...options });
    const client = (): Promise<Network> => start({ mode: 'client', bootstrap: [addressOf(server)] });
    beforeEach(async () => {
      under = await begin();
      server = await start();
    });
    afterEach(() => under.end());

    it('carries bytes both ways, and closes one way at a time', async () => {
      await server.handle(PROTOCOL, (stream) => {
        const heard = collect(stream);
        void heard.done.then(async () => {
          await stream.send([utf8('you said: '), ...heard.parts]);
          await stream.close();
        });
      });
      const stream = await (await client()).open(server.self, PROTOCOL);
      expect(stream).toMatchObject({ remote: server.self, protocol: PROTOCOL });
      const heard = collect(stream);
      await stream.send([utf8('hello '), new Uint8Array(0), utf8('there')]);
      await stream.close();
      expect(await heard.done).toBeUndefined();
      expect(new TextDecoder().decode(concatBytes(...heard.parts))).toBe('you said: hello there');
    });

    it('carries 64 MiB intact to a reader that pauses now and then', { timeout: 60_000 }, async () => {
      const block = new SeededRandom('block').bytes(4 * MiB);
      const hash = createHash('sha256');
      let waits = 0;
      const received = new Promise<Error | undefined>((resolve) => {
        void server.handle(PROTOCOL, (stream) => {
          stream.receive((bytes) => {
            hash.update(bytes);
            return ++waits % 50 === 0 ? new Promise((go) => setTimeout(go, 5)) : undefined;
          });
          resolve(stream.ended);
        });
      });
      const stream = await (await client()).open(server.self, PROTOCOL);
      for (let i = 0; i < 16; i++) await stream.send([block.subarray(0, 100), block.subarray(100)]);
      await stream.close();
      expect(await received).toBeUndefined();
      expect(hash.digest('hex')).toBe(sha256(Array.from({ length: 16 }, () => block)));
    });

    it('holds the sender back while the reader is busy (T4)', async () => {
      let letGo: () => void = () => undefined;
      const busy = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let read = 0;
      await server.handle(PROTOCOL, (stream) => {
        stream.receive((bytes) => {
          read += bytes.length;
          return busy;
        });
      });
      const stream = await (await client()).open(server.self, PROTOCOL);
      let sent = 0;
      const block = new Uint8Array(256 * KiB);
      const sending = (async () => {
        for (; sent < 40 * MiB; sent += block.length) await stream.send([block]);
        await stream.close();
      })();
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(sent).toBeLessThan(6 * MiB);
      letGo();
      await sending;
      await eventually(() => read === 40 * MiB);
    });

    it('carries a hundred streams of one protocol at once', async () => {
      await server.handle(PROTOCOL, (stream) => {
        const heard = collect(stream);
        void heard.done.then(async () => {
          await stream.send(heard.parts);
          await stream.close();
        });
      });
      const network = await client();
      const echo = async (index: number): Promise<void> => {
        const stream = await network.open(server.self, PROTOCOL);
        const heard = collect(stream);
        const said = new Uint8Array(5000).fill(index);
        await stream.send([said]);
        await stream.close();
        expect(await heard.done).toBeUndefined();
        expect(concatBytes(...heard.parts)).toEqual(said);
      };
      await Promise.all(Array.from({ length: 100 }, (_, index) => echo(index)));
    });

    it('tells both sides when a stream is dropped, by hand or by a handler that fails', async () => {
      const ends: Promise<Error | undefined>[] = [];
      await server.handle(PROTOCOL, (stream) => {
        ends.push(stream.ended);
        stream.receive(async () => {
          throw new Error('bad frame');
        });
      });
      const network = await client();
      const rejected = await network.open(server.self, PROTOCOL);
      rejected.receive(() => undefined);
      await rejected.send([utf8('rubbish')]);
      expect(await rejected.ended).toBeInstanceOf(Error);
      await expect(rejected.send([utf8('more')])).rejects.toMatchObject({ code: 'closed' });
      const dropped = await network.open(server.self, PROTOCOL);
      await eventually(() => ends.length === 2);
      dropped.abort(new Error('enough'));
      expect(await Promise.all(ends)).toEqual([expect.any(Error), expect.any(Error)]);
      expect(await dropped.ended).toMatchObject({ message: 'enough' });
    });

    it('completes no handshake with a node of another mesh, or of none (M1)', async () => {
      for (const prologue of [new Uint8Array(32).fill(8), new Uint8Array(0)]) {
        const stranger = await start({ prologue, mode: 'client' });
        await expect(stranger.connect(addressOf(server))).rejects.toMatchObject({ code: 'foreign-mesh' });
        expect(stranger.connected()).toEqual([]);
      }
      expect(server.connected()).toEqual([]);
    });

    it('says what is wrong when a peer cannot be used', async () => {
      const gone = await start();
      const address = addressOf(gone);
      await gone.stop();
      const network = await client();
      await expect(network.connect(address)).rejects.toMatchObject({ code: 'unavailable' });
      const nobody = await start({ mode: 'client' });
      await expect(network.connect(nobody.self)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(network.open(server.self, '/not-served/1')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(network.connect('/ip4/127.0.0.1')).rejects.toMatchObject({ code: 'usage' });
      const stop = AbortSignal.abort(new Error('enough'));
      await expect(network.connect(addressOf(server), { signal: stop })).rejects.toThrow();
    });

    it('reports who comes and goes', async () => {
      const changes: string[] = [];
      const network = await start();
      const end = network.onChange((peer, connected) =>
        changes.push(`${connected ? '+' : '-'}${peer === server.self}`),
      );
      await network.connect(addressOf(server));
      await eventually(() => changes.length === 1 && network.connected().length === 1);
      await eventually(() => server.connected().includes(network.self));
      await server.stop();
      await eventually(() => changes.length === 2 && network.connected().length === 0);
      expect(changes).toEqual(['+true', '-true']);
      end();
    });

    it('finds, also as a client, who announces a key, and can dial them by name (M3)', {
      timeout: 60_000,
    }, async () => {
      const key = new SeededRandom('key').bytes(32);
      const holders = [
        await start({ bootstrap: [addressOf(server)] }),
        await start({ bootstrap: [addressOf(server)] }),
      ];
      await Promise.all(holders.map((holder) => eventually(() => holder.connected().length > 0)));
      for (const holder of holders) {
        await holder.handle(PROTOCOL, (stream) => stream.receive(() => undefined));
        await holder.announce(key);
      }
      const network = await client();
      const found = async (): Promise<string[]> => {
        const names = new Set<string>();
        for await (const name of network.find(key, { signal: AbortSignal.timeout(5000) })) names.add(name);
        return [...names].sort();
      };
      const expected = holders.map((holder) => holder.self).sort();
      await eventually(async () => (await found()).join() === expected.join(), 20_000);
      const fresh = await client();
      const atOnce = [];
      for await (const name of fresh.find(key)) atOnce.push(name);
      expect(atOnce.sort()).toEqual(expected);
      for (const holder of holders) await (await network.open(holder.self, PROTOCOL)).close();
      const other = new SeededRandom('other key').bytes(32);
      for await (const name of network.find(other, { signal: AbortSignal.timeout(5000) }))
        expect(name).toBe('nobody');
    });

    it('lets servers that know one address find all others (M2)', { timeout: 60_000 }, async () => {
      const others = [];
      for (let i = 0; i < 4; i++) others.push(await start({ bootstrap: [addressOf(server)] }));
      const all = [server, ...others];
      await eventually(() => all.every((node) => node.connected().length === all.length - 1), 30_000);
    });

    it('starts while its bootstrap peers are down, and connects when they come (M2)', {
      timeout: 60_000,
    }, async () => {
      const privateKeySeed = new SeededRandom('late').bytes(32);
      const late = await start({ privateKeySeed });
      const address = addressOf(late);
      await late.stop();
      const early = await start({ bootstrap: [address] });
      await early.learn({ peer: late.self, addresses: [address] });
      expect(early.connected()).toEqual([]);
      const again = await start({ privateKeySeed });
      expect(again.self).toBe(late.self);
      await early.learn({ peer: again.self, addresses: again.addresses() });
      await eventually(() => early.connected().includes(again.self), 30_000);
    });

    it('signs with the key its name is made of (L5)', async () => {
      const key = base58btc.decode(`z${server.self}`).subarray(-32);
      const spki = concatBytes(Buffer.from('302a300506032b6570032100', 'hex'), key);
      const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
      expect(verify(null, utf8('receipt'), publicKey, server.sign(utf8('receipt')))).toBe(true);
    });

    it('is silent after stop', async () => {
      await server.handle(PROTOCOL, (stream) => stream.receive(() => undefined));
      const network = await client();
      const stream = await network.open(server.self, PROTOCOL);
      stream.receive(() => undefined);
      await network.stop();
      await stream.ended;
      await expect(network.open(server.self, PROTOCOL)).rejects.toMatchObject({ code: 'closed' });
      await network.stop();
      await eventually(() => !server.connected().includes(network.self));
    });
  });
}
