/** A backup in a process of its own: arguments are source, home, and after how many acknowledged chunks it kills itself. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { runBackup } from '../../src/backup/backup.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { workerCrew } from '../../src/backup/worker-crew.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { toHex } from '../../src/model/bytes.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import type { ChunkStore } from '../../src/store/chunk-store.ts';
import { createDevice } from '../../src/vault/device.ts';
import { syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { MemoryExchange } from '../vault/memory-exchange.ts';

const [source = '', home = '', killAfter = '0'] = process.argv.slice(2);
const keys = deriveVaultKeys(new Uint8Array(32).fill(8));
const device = createDevice(keys, 'child', new Uint8Array(32).fill(1), 1);
const fileOf = (digest: Uint8Array): string => join(home, toHex(digest));
let puts = 0;

const store: ChunkStore = {
  put: async ({ digest, bytes }) => {
    fs.writeFileSync(fileOf(digest), bytes);
    fs.appendFileSync(join(home, 'acknowledged'), `${toHex(digest)}\n`);
    puts++;
    if (puts > Number(killAfter)) process.kill(process.pid, 'SIGKILL');
    return { holders: ['folder'] };
  },
  get: async (digest) => (fs.existsSync(fileOf(digest)) ? fs.readFileSync(fileOf(digest)) : undefined),
  has: async (digests) => digests.map((digest) => fs.existsSync(fileOf(digest))),
};

const state = VaultState.open(join(home, 'state.db'), { vault: keys.vault, device: device.id });
const exchange = new MemoryExchange('folder');
await syncLog({ state, keys, exchange, reader: store });
const result = await runBackup({
  state,
  keys,
  device,
  store,
  exchange,
  crew: workerCrew,
  source: nodeFileSource(),
  clock: systemClock,
  paths: [source],
  host: 'h',
  user: 'u',
  program: 'child',
  inFlightBytes: 1,
});
fs.writeFileSync(join(home, 'snapshot'), result.snapshotId);
state.close();
