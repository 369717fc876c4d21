/**
 * raw-main sink HOST PORT | source HOST PORT BYTES: zeros over one TCP connection, as fast as it goes. The sink prints where it
 * listens, then, for each connection that has ended, its bytes and its own CPU time; the source prints its time. JSON lines.
 */
import { createConnection, createServer, type Socket } from 'node:net';
import { MiB } from '../../../src/model/units.ts';

const [role = '', host = '127.0.0.1', port = '0', bytes = '0'] = process.argv.slice(2);

function cpuMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function tell(word: object): void {
  console.log(JSON.stringify(word));
}

function sink(): void {
  const serve = (socket: Socket): void => {
    const before = process.cpuUsage();
    let received = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      received += data.length;
    });
    socket.on('end', () => {
      tell({ kind: 'end', bytes: received, cpuMs: cpuMs(before) });
      socket.end('.');
    });
  };
  const server = createServer({ allowHalfOpen: true }, serve).listen(Number(port), host, () => {
    const address = server.address();
    tell({ kind: 'ready', port: typeof address === 'object' ? address?.port : 0 });
  });
  // Whoever started it holds the other end.
  process.stdin.on('end', () => process.exit(0)).resume();
}

/** Ends when the sink says that it has everything. */
async function source(): Promise<void> {
  const socket = createConnection({ host, port: Number(port), allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const [startMs, before] = [performance.now(), process.cpuUsage()];
  const block = Buffer.alloc(MiB);
  for (let left = Number(bytes); left > 0; left -= block.length) {
    if (!socket.write(block.subarray(0, Math.min(left, block.length))))
      await new Promise((resolve) => socket.once('drain', resolve));
  }
  socket.end();
  await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
  tell({ kind: 'done', wallMs: performance.now() - startMs, cpuMs: cpuMs(before) });
  socket.destroy();
}

if (role === 'sink') sink();
else await source();
