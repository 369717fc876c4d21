/** The thread behind the switchboard: every connection between simulated processes runs through here, and obeys the rules of both ends. */
import { createConnection, createServer, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { WireOrder, WireRule } from './wire-rules.ts';

const HEAD_LIMIT = 200;
/** A held connection looks again this often. */
const HELD_MS = 50;
const NO_RULE: WireRule = {};

const names = new Map<number, string>();
const rules = new Map<string, WireRule>();

const ruleOf = (name: string): WireRule => rules.get(name) ?? NO_RULE;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Like a network that drops packets: nothing fails, nothing arrives, and what was held goes on when the cut ends. */
async function passable(from: string, to: string, socket: Socket): Promise<void> {
  while ((ruleOf(from).mute || ruleOf(to).deaf) && !socket.destroyed) await sleep(HELD_MS);
}

function slownessMs(from: string, to: string, bytes: number): number {
  const delayMs = (ruleOf(from).delayMs ?? 0) + (ruleOf(to).delayMs ?? 0);
  const rate = Math.min(ruleOf(from).bytesPerSecond ?? Infinity, ruleOf(to).bytesPerSecond ?? Infinity);
  return delayMs + (1000 * bytes) / rate;
}

async function pump(source: Socket, target: Socket, from: string, to: string): Promise<void> {
  for await (const data of source as AsyncIterable<Buffer>) {
    await passable(from, to, target);
    const waitMs = slownessMs(from, to, data.length);
    if (waitMs >= 1) await sleep(waitMs);
    if (target.destroyed) return;
    if (!target.write(data))
      await new Promise((resolve) => target.once('drain', resolve).once('close', resolve));
  }
  await passable(from, to, target);
  target.end();
}

/** The first line says who calls and which port it wanted; resolves to undefined for anything else. */
function readHead(socket: Socket): Promise<{ from: string; port: number } | undefined> {
  return new Promise((resolve) => {
    const read = (): void => {
      const data = socket.read() as Buffer | null;
      if (data === null) return;
      const end = data.indexOf(10);
      if (end < 0 && data.length < HEAD_LIMIT) {
        socket.unshift(data);
        return;
      }
      socket.off('readable', read);
      const [from = '', port] = data.subarray(0, Math.max(0, end)).toString('latin1').split(' ');
      if (end + 1 < data.length) socket.unshift(data.subarray(end + 1));
      resolve(end < 0 ? undefined : { from, port: Number(port) });
    };
    socket.on('readable', read).once('close', () => resolve(undefined));
  });
}

async function connectThrough(socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy());
  const head = await readHead(socket);
  if (!head) return void socket.destroy();
  const { from, port } = head;
  const to = names.get(port) ?? '';
  // A cut network does not answer a call either.
  await passable(from, to, socket);
  await passable(to, from, socket);
  if (socket.destroyed) return;
  const target = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  target.on('error', () => target.destroy());
  // The end of one side reaches the other like its bytes do: not while they are cut off from each other.
  socket.on('close', () => void passable(from, to, target).then(() => target.destroy()));
  target.on('close', () => void passable(to, from, socket).then(() => socket.destroy()));
  await Promise.allSettled([pump(socket, target, from, to), pump(target, socket, to, from)]);
}

const server = createServer({ allowHalfOpen: true }, (socket) => void connectThrough(socket));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === 'object' ? address?.port : 0);
});

parentPort?.on('message', (order: WireOrder) => {
  if (order.kind === 'peer') names.set(order.port, order.name);
  else rules.set(order.name, order.rule);
});
