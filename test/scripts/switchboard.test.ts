import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../scripts/simulate/program.ts';
import { Switchboard } from '../../scripts/simulate/switchboard.ts';

const servers: Server[] = [];
const boards: Switchboard[] = [];
afterAll(async () => {
  for (const server of servers) server.close();
  for (const board of boards) await board.stop();
});

/** Answers everything with the same bytes; counts what came. */
async function echo(): Promise<{ port: number; received: () => number }> {
  let received = 0;
  const server = createServer((socket: Socket) => {
    socket.on('data', (data) => {
      received += data.length;
      socket.write(data);
    });
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, received: () => received };
}

async function started(): Promise<Switchboard> {
  const board = await Switchboard.start();
  boards.push(board);
  return board;
}

/** Another process: sends a kilobyte, waits for it, and says how long that took; gives up after a second. */
const CALLER = `
const net = require('node:net');
const began = performance.now();
const done = (outcome) => { console.log(JSON.stringify({ message_type: 'call', outcome, ms: performance.now() - began, day: Date.now() })); process.exit(0); };
const socket = net.connect({ port: Number(process.env.TEST_PORT), host: '127.0.0.1' });
let got = 0;
socket.on('data', (data) => { got += data.length; if (got === 1024) done('answered'); });
socket.on('error', () => done('refused'));
socket.on('close', () => done('closed'));
socket.write(Buffer.alloc(1024, 7));
setTimeout(() => done('silence'), 1000);
`;

async function call(
  env: Record<string, string>,
  port: number,
): Promise<{ outcome: unknown; ms: number; day: number }> {
  const { messages } = await runProgram('-e', [CALLER, '--'], { env: { ...env, TEST_PORT: String(port) } });
  const said = messages.find(({ message_type }) => message_type === 'call');
  return { outcome: said?.outcome, ms: Number(said?.ms), day: Number(said?.day) };
}

describe('the switchboard between simulated processes', () => {
  it('lets everything through while there is no rule', async () => {
    const [board, { port }] = await Promise.all([started(), echo()]);
    board.know('ann', port);
    expect(await call(board.envOf('bob'), port)).toMatchObject({ outcome: 'answered' });
  });

  it('answers nothing for a peer that is cut off, whoever calls, and goes on when it is mended', async () => {
    const [board, { port, received }] = await Promise.all([started(), echo()]);
    board.know('ann', port);
    board.rule('ann', { mute: true, deaf: true });
    expect(await call(board.envOf('bob'), port)).toMatchObject({ outcome: 'silence' });
    expect(received()).toBe(0);
    board.rule('ann');
    board.rule('bob', { mute: true, deaf: true });
    expect(await call(board.envOf('bob'), port)).toMatchObject({ outcome: 'silence' });
    expect(await call(board.envOf('cyd'), port)).toMatchObject({ outcome: 'answered' });
  });

  it('slows a link down', async () => {
    const [board, { port }] = await Promise.all([started(), echo()]);
    board.know('ann', port);
    board.rule('ann', { delayMs: 150 });
    const slow = await call(board.envOf('bob'), port);
    expect(slow.outcome).toBe('answered');
    expect(slow.ms).toBeGreaterThan(290);
  });

  it('says nothing of a port where nobody listens', async () => {
    const board = await started();
    expect(['refused', 'closed']).toContain((await call(board.envOf('bob'), 1)).outcome);
  });

  it('makes the clock of a process wrong, and only that of the day', async () => {
    const [board, { port }] = await Promise.all([started(), echo()]);
    const shiftMs = 400 * 86_400_000;
    const { day, ms } = await call(board.envOf('bob', shiftMs), port);
    expect(Math.abs(day - Date.now() - shiftMs)).toBeLessThan(60_000);
    expect(ms).toBeLessThan(10_000);
  });
});
