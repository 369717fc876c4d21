import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import type { Network } from '../../src/network/network.ts';
import { SimulatedHub } from '../../src/network/simulated-hub.ts';
import { startSimulatedNetwork } from '../../src/network/simulated-network.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { collect, networkConformance } from '../conformance/network.ts';

networkConformance('SimulatedNetwork', async () => {
  const hub = new SimulatedHub({ clock: systemClock, latencyMs: 0.1 });
  const started: Network[] = [];
  return {
    start: async (options) => {
      const network = await startSimulatedNetwork(hub, options);
      started.push(network);
      return network;
    },
    end: async () => {
      await Promise.all(started.map((network) => network.stop()));
    },
  };
});

const PROTOCOL = '/vault-test/1';

async function pair(
  seed: number,
): Promise<{ clock: SimulatedClock; hub: SimulatedHub; a: Network; b: Network }> {
  const clock = new SimulatedClock();
  const hub = new SimulatedHub({ clock, random: new SeededRandom(seed), latencyMs: 10 });
  const a = await startSimulatedNetwork(hub);
  const b = await startSimulatedNetwork(hub, { bootstrap: a.addresses() });
  await clock.advance(1000);
  return { clock, hub, a, b };
}

describe('SimulatedHub', () => {
  it('runs the same twice for one seed: sizes, times and order (S2)', async () => {
    const run = async (): Promise<string[]> => {
      const { clock, hub, a, b } = await pair(5);
      hub.lossShare = 0.1;
      const trace: string[] = [];
      await a.handle(PROTOCOL, (stream) =>
        stream.receive((bytes) => {
          trace.push(`${clock.monotonicMs().toFixed(3)} ${bytes.length}`);
          return undefined;
        }),
      );
      const stream = await clock.until(b.open(a.self, PROTOCOL));
      await clock.until(stream.send([new Uint8Array(1_000_000)]));
      await clock.advance(10_000);
      return trace;
    };
    const first = await run();
    expect(first.length).toBeGreaterThan(10);
    expect(await run()).toEqual(first);
  });

  it('ends the streams of a node that is killed, soon and with a reason', async () => {
    const { clock, hub, a, b } = await pair(1);
    await a.handle(PROTOCOL, (stream) => stream.receive(() => undefined));
    const stream = await clock.until(b.open(a.self, PROTOCOL));
    const heard = collect(stream);
    hub.kill(a.self);
    expect(await clock.until(heard.done)).toBeInstanceOf(Error);
    expect(clock.monotonicMs()).toBeLessThan(1200);
    await expect(clock.until(b.connect(a.self))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('finds a peer by its bare name through whom it is connected to, as libp2p does by the DHT', async () => {
    const { clock, hub, a, b } = await pair(7);
    const client = await startSimulatedNetwork(hub, { mode: 'client', bootstrap: a.addresses() });
    const stranger = await startSimulatedNetwork(hub);
    await clock.until(client.connect(a.addresses()[0] ?? ''));
    expect((await client.known()).map(({ peer }) => peer)).not.toContain(b.self);
    expect(await clock.until(client.connect(b.self))).toBe(b.self);
    for (const name of [stranger.self, 'nobody']) {
      await expect(clock.until(client.connect(name))).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  it('holds data back during a short cut and breaks the connection in a long one', async () => {
    const { clock, hub, a, b } = await pair(2);
    let heard = 0;
    await a.handle(PROTOCOL, (stream) =>
      stream.receive((bytes) => {
        heard += bytes.length;
        return undefined;
      }),
    );
    const stream = await clock.until(b.open(a.self, PROTOCOL));
    hub.cut(b.self, a.self);
    await clock.until(stream.send([utf8('late')]));
    await clock.advance(5000);
    expect(heard).toBe(0);
    hub.heal();
    await clock.advance(1000);
    expect(heard).toBe(4);
    hub.isolate(a.self);
    await clock.until(stream.send([utf8('lost')]));
    expect(await clock.until(stream.ended)).toMatchObject({ code: 'closed' });
    await expect(clock.until(b.connect(a.self))).rejects.toMatchObject({ code: 'timeout' });
    hub.heal();
    await clock.advance(120_000);
    expect(b.connected()).toEqual([a.self]);
  });

  it('keeps to the rate of a link', async () => {
    const { clock, hub, a, b } = await pair(3);
    hub.bytesPerSecond = () => 100_000;
    const finished = new Promise<void>((resolve) => {
      void a.handle(PROTOCOL, (stream) => {
        collect(stream);
        void stream.ended.then(() => resolve());
      });
    });
    const stream = await clock.until(b.open(a.self, PROTOCOL));
    const before = clock.monotonicMs();
    await clock.until(stream.send([new Uint8Array(500_000)]));
    await stream.close();
    await clock.until(finished);
    expect(clock.monotonicMs() - before).toBeGreaterThan(4900);
    expect(clock.monotonicMs() - before).toBeLessThan(5500);
  });
});
