/** One node in a process of its own, for tests that kill it: prints a line when ready, stops when its input ends. */
import { startLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

const network = await startLibp2pNetwork({
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mode: 'server',
  bootstrap: process.argv.slice(3),
  prologue: new Uint8Array(32).fill(7),
  ...(process.argv[2] ? { dataDir: process.argv[2] } : {}),
  clock: systemClock,
}).catch((error: unknown) => {
  const code = error instanceof Error && 'code' in error ? error.code : String(error);
  process.stdout.write(`${JSON.stringify({ error: code })}\n`);
  process.exit(1);
});
await network.handle('/vault-test/1', (stream) => stream.receive((bytes) => stream.send([bytes.slice()])));
await network.announce(new Uint8Array(32).fill(5));
process.stdout.write(`${JSON.stringify({ self: network.self, addresses: network.addresses() })}\n`);
process.stdin.once('end', () => void network.stop()).resume();
