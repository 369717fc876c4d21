/** The vault's folder on one machine: what was put in comes back with a passphrase, and only with one (C1). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { toHex, utf8 } from '../../src/model/bytes.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { createDevice } from '../../src/vault/device.ts';
import { decodeHomeFile, encodeHomeFile } from '../../src/vault/home-file.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';

const keys = deriveVaultKeys(new Uint8Array(32).fill(4));
const device = createDevice(keys, 'laptop', new Uint8Array(32).fill(5), 1);
const home = { passphrase: 'correct horse', keys, device, ticket: 'vaultmesh1abc', copies: 3 };
const random = new SeededRandom('home');

describe('a vault’s folder', () => {
  it('opens with its passphrase, on the same keys, device and ticket', async () => {
    const disk = new MemoryDisk();
    await VaultHome.create(disk, random, '/home', home);
    const opened = await VaultHome.open(disk, '/home', 'correct horse');
    expect(opened).toMatchObject({ ticket: 'vaultmesh1abc', copies: 3 });
    expect(toHex(opened.ownerKeys.secret)).toBe(toHex(keys.secret));
    expect(toHex(opened.device.id)).toBe(toHex(device.id));
    await opened.writeTicket(disk, 'vaultmesh1other');
    expect((await VaultHome.open(disk, '/home', 'correct horse')).ticket).toBe('vaultmesh1other');
  });

  it('shows no key in its files', async () => {
    const disk = new MemoryDisk();
    await VaultHome.create(disk, random, '/home', home);
    const text = Buffer.from((await disk.read('/home/vault.json')) ?? []).toString();
    expect(text).not.toContain(toHex(keys.secret));
    expect(text).not.toContain(toHex(device.seed));
  });

  it('refuses a wrong passphrase, an empty folder, a second vault and damage', async () => {
    const disk = new MemoryDisk();
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'no-vault' });
    await VaultHome.create(disk, random, '/home', home);
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'wrong-passphrase' });
    await expect(VaultHome.create(disk, random, '/home', home)).rejects.toMatchObject({ code: 'exists' });
    await disk.write(join('/home', 'vault.json'), [utf8('{"version":1}')]);
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'corrupt' });
    await disk.write(join('/home', 'vault.json'), [utf8('{"version":2,"vault":"b","copies":3,"keys":[]}')]);
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'corrupt' });
    await disk.write(join('/home', 'vault.json'), [utf8('{"version":3}')]);
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'unsupported-version' });
  });

  it('opens as the first version of the program wrote it', async () => {
    const disk = new MemoryDisk();
    const written = readFileSync(join(import.meta.dirname, '../vectors/home/version-1.json'));
    await disk.write('/home/ticket', [utf8('vaultmesh1abc\n')]);
    await disk.write('/home/vault.json', [written]);
    const opened = await VaultHome.open(disk, '/home', 'correct horse');
    expect(toHex(opened.ownerKeys.secret)).toBe(toHex(keys.secret));
    expect(opened).toMatchObject({ ticket: 'vaultmesh1abc', copies: 3, device: { name: 'laptop' } });
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'wrong-passphrase' });
    expect(decodeHomeFile(encodeHomeFile(decodeHomeFile(written, '')), '')).toEqual(
      decodeHomeFile(written, ''),
    );
  });

  it('opens with what is left when some of its keys are damaged or of a later version', async () => {
    const disk = new MemoryDisk();
    await VaultHome.create(disk, random, '/home', home);
    const file = JSON.parse(Buffer.from((await disk.read('/home/vault.json')) ?? []).toString()) as {
      keys: { box: object }[];
    };
    const [good] = file.keys;
    const broken = [7, {}, { box: { version: 1 } }, { box: { ...good?.box, version: 2 } }];
    const write = (keyList: unknown[]) =>
      disk.write('/home/vault.json', [utf8(JSON.stringify({ ...file, keys: keyList }))]);
    await write([...broken, good]);
    expect((await VaultHome.open(disk, '/home', 'correct horse')).copies).toBe(3);
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'wrong-passphrase' });
    await write(broken);
    await expect(VaultHome.open(disk, '/home', 'x')).rejects.toMatchObject({ code: 'corrupt' });
  });
});
