/** Run as a process of its own by keyring-killed.test.ts: changes the passphrase to and fro, tells each change, until it is killed. */
import { systemSurroundings } from '../../src/api/system-surroundings.ts';
import { openKeyring } from '../../src/api/vault-keyring.ts';

const [home = '', passphrase = ''] = process.argv.slice(2);
const boxCost = { memoryKiB: 64, passes: 1, parallelism: 1 };
const ring = await openKeyring({ home, passphrase }, { ...systemSurroundings, boxCost });
for (let next = passphrase === 'one' ? 'two' : 'one'; ; next = next === 'one' ? 'two' : 'one') {
  await ring.changePassphrase({ passphrase: next });
  process.stdout.write(`${next}\n`);
}
