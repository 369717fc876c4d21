import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DelayLine } from '../../scripts/bench/net/delay-line.ts';
import { startDelayProxy } from '../../scripts/bench/net/delay-proxy.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';

/** A line with what came out of it, and when. */
function line(maxBytes = 100) {
  const clock = new SimulatedClock();
  const out: string[] = [];
  const tell = (what: string): void => {
    out.push(`${clock.monotonicMs()} ${what}`);
  };
  let takes = true;
  const delayed = new DelayLine({
    clock,
    delayMs: 50,
    maxBytes,
    deliver: (data) => {
      tell(Buffer.from(data).toString());
      return takes;
    },
    onEnd: () => tell('end'),
    onRoom: () => tell('room'),
  });
  const push = (text: string): boolean => delayed.push(Buffer.from(text));
  const take = (yes: boolean): void => {
    takes = yes;
  };
  return { clock, out, delayed, push, take };
}

describe('a delay line', () => {
  it('gives everything back after its delay, in order, then the end', async () => {
    const { clock, out, delayed, push } = line();
    push('a');
    await clock.advance(20);
    push('b');
    delayed.end();
    delayed.end();
    await clock.advance(29);
    expect(out).toEqual([]);
    await clock.advance(100);
    expect(out).toEqual(['50 a', '70 b', '70 end']);
  });

  it('asks to wait while too much is on the way, and says when there is room', async () => {
    const { clock, out, push } = line(4);
    expect(push('abc')).toBe(true);
    await clock.advance(10);
    expect(push('d')).toBe(false);
    await clock.advance(40);
    expect(out).toEqual(['50 abc', '50 room']);
    expect(push('e')).toBe(true);
  });

  it('holds what its receiver does not take yet', async () => {
    const { clock, out, delayed, push, take } = line();
    take(false);
    for (const text of ['a', 'b']) push(text);
    await clock.advance(200);
    expect(out).toEqual(['50 a']);
    take(true);
    delayed.drained();
    await clock.advance(10);
    expect(out).toEqual(['50 a', '200 b']);
  });
});

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Two proxies in a row, as between two network namespaces: by address, then by the path of a socket. */
async function proxied(port: number): Promise<number> {
  const socket = { path: path.join(temporaryFolder(), 'socket') };
  const target = { host: '127.0.0.1', port };
  const inner = await startDelayProxy({ listen: socket, target, delayMs: 0, clock: systemClock });
  const listen = { host: '127.0.0.1', port: 0 };
  const outer = await startDelayProxy({ listen, target: socket, delayMs: 1, clock: systemClock });
  for (const each of [inner, outer]) onTestFinished(() => void each.close());
  return (outer.address() as AddressInfo).port;
}

describe('the delay proxy', () => {
  it('carries large transfers both ways unchanged, and the end of each', async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    const port = await proxied(await listening(echo));
    const sent = Buffer.alloc(9_000_000, 'some bytes that repeat at an odd length');
    const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(sent);
    const parts: Buffer[] = [];
    for await (const data of socket as AsyncIterable<Buffer>) parts.push(data);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
  });

  it('ends a connection to nobody', async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    const socket = createConnection({ port: await proxied(port), host: '127.0.0.1' });
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
  });
});
