/** A restore in a process of its own, of what backup-child has sent: arguments are home, target, and after how many chunks it kills itself. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { runRestore } from '../../src/backup/restore.ts';
import { threadUnpackers } from '../../src/backup/thread-unpackers.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { toHex } from '../../src/model/bytes.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { createDevice } from '../../src/vault/device.ts';
import { VaultState } from '../../src/vault/vault-state.ts';

const [home = '', target = '', killAfter = '0'] = process.argv.slice(2);
const keys = deriveVaultKeys(new Uint8Array(32).fill(8));
const device = createDevice(keys, 'child', new Uint8Array(32).fill(1), 1);
const state = VaultState.open(join(home, 'state.db'), { vault: keys.vault, device: device.id });
const record = state.snapshots()[0];
if (!record) throw new Error('there is no snapshot');
let gets = 0;

const { failedCount, resumed } = await runRestore({
  root: record.snapshot.root,
  reader: {
    get: async (digest) => {
      if (++gets > Number(killAfter)) process.kill(process.pid, 'SIGKILL');
      fs.appendFileSync(join(home, 'fetched'), `${toHex(digest)}\n`);
      return fs.readFileSync(join(home, toHex(digest)));
    },
  },
  keys,
  target: new NodeFileTarget({ folder: target, keys, unpackers: threadUnpackers }),
  overwrite: 'fail',
  mark: 'the snapshot',
  clock: systemClock,
});
state.close();
fs.writeFileSync(join(home, 'restored'), JSON.stringify({ failedCount, resumed }));
