/**
 * push-main TICKET-FILE BYTES: sends sealed chunks of 1 MiB to the one peer of a ticket as a backup does, and nothing else: no reading,
 * cutting, compressing or sealing in the measured time. Prints one JSON line.
 */
import { readFileSync } from 'node:fs';
import { systemSurroundings } from '../../../src/api/system-surroundings.ts';
import { helloProof, PERMIT_NONCE_BYTES, permitProof } from '../../../src/crypto/device-proof.ts';
import { digestOf } from '../../../src/crypto/digest.ts';
import { prologueOf } from '../../../src/crypto/mesh-keys.ts';
import { deriveVaultKeys } from '../../../src/crypto/vault-keys.ts';
import { decodeTicket } from '../../../src/format/ticket.ts';
import { KEY_BYTES } from '../../../src/model/ids.ts';
import { MiB } from '../../../src/model/units.ts';
import { RemotePeer } from '../../../src/protocol/remote-peer.ts';
import type { SealedChunk } from '../../../src/store/chunk-store.ts';
import { createDevice } from '../../../src/vault/device.ts';

/** As many bytes as a backup keeps on the way. */
const IN_FLIGHT = 16;

const [ticketFile = '', bytes = '0'] = process.argv.slice(2);
const { random, clock, startNetwork } = systemSurroundings;
const ticket = decodeTicket(readFileSync(ticketFile, 'utf8').trim());
const keys = deriveVaultKeys(random.bytes(KEY_BYTES));
const device = createDevice(keys, 'push', random.bytes(KEY_BYTES), Math.floor(clock.now()));
const peer = /\/p2p\/(\w+)$/.exec(ticket.addresses[0] ?? '')?.[1] ?? '';

const network = await startNetwork({
  prologue: prologueOf(ticket.secret),
  listen: [],
  mode: 'client',
  bootstrap: ticket.addresses,
  clock,
  random,
});
const remote = new RemotePeer({
  network,
  peer,
  vault: keys.vault,
  clock,
  hello: {
    certificate: device.certificate,
    prove: (holder, client) => helloProof(device.privateKey, { vault: keys.vault, holder, client }),
    permit: (facts) => permitProof(device.privateKey, facts),
    nonce: () => random.bytes(PERMIT_NONCE_BYTES),
  },
});

function chunk(): SealedChunk {
  const sealed = random.bytes(MiB);
  return { digest: digestOf(sealed), bytes: sealed };
}

async function push(chunks: SealedChunk[]): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let next = chunks.pop(); next; next = chunks.pop()) await remote.put(next);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

await push([chunk()]); // connects, and opens the stream
const chunks = Array.from({ length: Number(bytes) / MiB }, chunk);
const [startMs, before] = [performance.now(), process.cpuUsage()];
await push(chunks);
const { user, system } = process.cpuUsage(before);
const wallMs = performance.now() - startMs;
await remote.close();
await network.stop();
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
