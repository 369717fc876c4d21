/** The passphrases of a VAULT_HOME: any of them opens it, one always stays, and no accident locks the owner out (C1). */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/api/folder-lock.ts';
import type { Surroundings } from '../../src/api/surroundings.ts';
import { systemSurroundings } from '../../src/api/system-surroundings.ts';
import { openKeyring } from '../../src/api/vault-keyring.ts';
import { contentKeysOf, deriveVaultKeys, scopeSecret } from '../../src/crypto/vault-keys.ts';
import { toHex } from '../../src/model/bytes.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { createDevice, type Restriction } from '../../src/vault/device.ts';
import type { HomeSecrets } from '../../src/vault/home-secrets.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';

const CHEAP = { memoryKiB: 64, passes: 1, parallelism: 1 };
const SURROUNDINGS: Surroundings = {
  ...systemSurroundings,
  boxCost: CHEAP,
  hostName: () => 'laptop',
  userName: () => 'ada',
};
const keys = deriveVaultKeys(new Uint8Array(32).fill(4));
const device = createDevice(keys, 'old laptop', new Uint8Array(32).fill(5), 1_700_000_000_000);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function newHome(): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vault-keyring-'));
  folders.push(folder);
  const parts = { passphrase: 'first', boxCost: CHEAP, keys, device, ticket: 'vaultmesh1abc', copies: 3 };
  await VaultHome.create(nodeDisk(), new SeededRandom('keyring'), folder, parts);
  return folder;
}

const open = (home: string, passphrase: string) => openKeyring({ home, passphrase }, SURROUNDINGS);

describe('the keys of a vault', () => {
  it('each open it, and the one that did is marked', async () => {
    const home = await newHome();
    const added = await (await open(home, 'first')).add({ passphrase: 'second', label: 'script' });
    expect(added).toMatchObject({ label: 'script', user: 'ada', host: 'laptop', current: false });
    for (const passphrase of ['first', 'second']) {
      const opened = await VaultHome.open(nodeDisk(), home, passphrase);
      expect(toHex(opened.ownerKeys.secret)).toBe(toHex(keys.secret));
      const listed = await (await open(home, passphrase)).list();
      expect(listed.map(({ current }) => current)).toEqual([passphrase === 'first', passphrase === 'second']);
    }
    expect(statSync(path.join(home, 'vault.json')).mode & 0o777).toBe(0o600);
  });

  it('are removed by id, its beginning or label, except the one in use, so one always stays', async () => {
    const home = await newHome();
    const ring = await open(home, 'first');
    const [first] = await ring.list();
    const second = await ring.add({ passphrase: 'second', label: 'script' });
    const third = await ring.add({ passphrase: 'third' });
    await expect(ring.remove(first?.id ?? '')).rejects.toMatchObject({ code: 'usage' });
    await expect(ring.remove('')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ring.remove('zzzz')).rejects.toMatchObject({ code: 'not-found' });
    expect((await ring.remove('script')).id).toBe(second.id);
    expect((await ring.remove(third.id.slice(0, 8))).id).toBe(third.id);
    await expect(ring.remove(first?.id ?? '')).rejects.toThrow('the only key');
    await expect(open(home, 'second')).rejects.toMatchObject({ code: 'wrong-passphrase' });
    expect(await (await open(home, 'first')).list()).toHaveLength(1);
  });

  it('change their passphrase in place and keep their label', async () => {
    const home = await newHome();
    const ring = await open(home, 'first');
    await ring.add({ passphrase: 'second', label: 'script' });
    const other = await open(home, 'second');
    const changed = await other.changePassphrase({ passphrase: 'better' });
    expect(changed).toMatchObject({ label: 'script', current: true });
    expect((await other.list()).map(({ current }) => current)).toEqual([false, true]);
    await expect(open(home, 'second')).rejects.toMatchObject({ code: 'wrong-passphrase' });
    expect(await (await open(home, 'first')).list()).toHaveLength(2);
    await other.changePassphrase({ passphrase: 'better', label: 'renamed' });
    expect((await (await open(home, 'better')).list())[1]?.label).toBe('renamed');
  });

  it('are never the same passphrase twice: removing one would not take it away', async () => {
    const home = await newHome();
    const ring = await open(home, 'first');
    await ring.add({ passphrase: 'second' });
    await expect(ring.add({ passphrase: 'first' })).rejects.toThrow('opens the vault already');
    await expect(ring.changePassphrase({ passphrase: 'second' })).rejects.toThrow('opens the vault already');
    expect(await ring.list()).toHaveLength(2);
  });

  it('are at most 16', async () => {
    const home = await newHome();
    const ring = await open(home, 'first');
    for (let i = 2; i <= 16; i++) await ring.add({ passphrase: `number ${i}` });
    await expect(ring.add({ passphrase: 'number 17' })).rejects.toThrow('at most 16');
  });

  it('made at the same time by several processes are all there', async () => {
    const home = await newHome();
    const rings = await Promise.all([1, 2, 3, 4].map(() => open(home, 'first')));
    await Promise.all(rings.map((ring, i) => ring.add({ passphrase: `at once ${i}` })));
    expect(await (await open(home, 'at once 3')).list()).toHaveLength(5);
  });

  it('are not touched while another process changes them, nor by one whose own key is gone', async () => {
    const home = await newHome();
    const ring = await open(home, 'first');
    const lock = await lockFolder(home);
    await expect(ring.add({ passphrase: 'second' })).rejects.toMatchObject({ code: 'locked' });
    lock.release();
    const second = await ring.add({ passphrase: 'second' });
    const other = await open(home, 'second');
    await ring.remove(second.id);
    await expect(other.add({ passphrase: 'third' })).rejects.toMatchObject({ code: 'locked' });
    expect(await ring.list()).toHaveLength(1);
  });

  it('of a home that the first version of the program made tell what its device tells, and change', async () => {
    const home = await newHome();
    writeFileSync(
      path.join(home, 'vault.json'),
      readFileSync(path.join(import.meta.dirname, '../vectors/home/version-1.json')),
    );
    const ring = await open(home, 'correct horse');
    expect(await ring.list()).toMatchObject([
      { host: 'laptop', createdMs: Date.UTC(2026, 10, 1), current: true },
    ]);
    await ring.add({ passphrase: 'second' });
    expect(await (await open(home, 'second')).list()).toHaveLength(2);
    expect(await (await open(home, 'correct horse')).list()).toMatchObject([{ host: 'laptop' }, {}]);
  });

  it('of a device with fewer rights change like others, and show no secret that is not there', async () => {
    const scope = new Uint8Array(16).fill(9);
    const scoped = { vault: keys.vault, ...contentKeysOf(scopeSecret(keys, scope), scope) };
    const cases: [Restriction, HomeSecrets['keys']][] = [
      [{ role: 'append-only', scope }, scoped],
      [{ role: 'keeper' }, { vault: keys.vault }],
    ];
    for (const [restriction, has] of cases) {
      const home = mkdtempSync(path.join(os.tmpdir(), 'vault-keyring-'));
      folders.push(home);
      const web = createDevice(keys, 'web', new Uint8Array(32).fill(6), 1, restriction);
      const parts = { passphrase: 'first', boxCost: CHEAP, keys: has, device: web, ticket: 't', copies: 3 };
      await VaultHome.create(nodeDisk(), new SeededRandom('web'), home, parts);
      const ring = await open(home, 'first');
      await ring.changePassphrase({ passphrase: 'second' });
      const opened = await VaultHome.open(nodeDisk(), home, 'second');
      expect(opened.device.role).toBe(restriction.role);
      expect(opened.logKeys.scope).toEqual(restriction.scope);
      await expect(ring.recoverySheet()).rejects.toMatchObject({ code: 'denied' });
      await expect(ring.split({ shares: 3, threshold: 2 })).rejects.toMatchObject({ code: 'denied' });
    }
  });
});
