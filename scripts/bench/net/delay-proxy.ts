/** Passes TCP connections on to another address, each way later by a fixed time; a connection takes a round trip to open. */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { MiB } from '../../../src/model/units.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { DelayLine } from './delay-line.ts';

/** An address, or the path of a socket, which reaches into another network namespace. */
type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

export interface DelayProxyOptions {
  readonly listen: Endpoint;
  readonly target: Endpoint;
  /** One way; 0 passes everything on at once. */
  readonly delayMs: number;
  readonly clock: Clock;
}

/** More than 1 Gbit/s times 25 ms. */
const ROOM: number = 4 * MiB;

function flow(from: Socket, to: Socket, { delayMs, clock }: DelayProxyOptions): void {
  const line = new DelayLine({
    clock,
    delayMs,
    maxBytes: ROOM,
    deliver: (data) => to.destroyed || to.write(data),
    onEnd: () => (from.destroyed ? to.destroySoon() : to.end()),
    onRoom: () => from.resume(),
  });
  to.on('drain', () => line.drained());
  from.on('data', (data: Buffer) => {
    if (!line.push(data)) from.pause();
  });
  from.on('end', () => line.end());
  from.on('close', () => line.end());
}

function connectThrough(socket: Socket, options: DelayProxyOptions): void {
  const target = createConnection({ ...options.target, allowHalfOpen: true });
  for (const each of [socket, target]) {
    each.setNoDelay(true);
    each.on('error', () => each.destroy());
  }
  socket.pause(); // what the caller sends waits until its call would have been answered
  flow(socket, target, options);
  flow(target, socket, options);
  const opened = options.clock.schedule(2 * options.delayMs, () => socket.resume());
  socket.on('close', opened);
}

/** Resolves when it listens. Closing it leaves open connections alone. */
export function startDelayProxy(options: DelayProxyOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => connectThrough(socket, options));
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(options.listen, () => resolve(server));
  });
}
