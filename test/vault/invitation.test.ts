/** Homes and invitations of devices with fewer rights: they hold the keys that the role needs, and no others (C1, L4). */
import { describe, expect, it } from 'vitest';
import { contentKeysOf, deriveVaultKeys, scopeSecret } from '../../src/crypto/vault-keys.ts';
import { toHex } from '../../src/model/bytes.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { createDevice, type Restriction } from '../../src/vault/device.ts';
import { encodeSecrets } from '../../src/vault/home-secrets.ts';
import { type OpenedInvitation, openInvitation, sealInvitation } from '../../src/vault/invitation.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';

const OWNER = deriveVaultKeys(new Uint8Array(32).fill(4));
const SCOPE = new Uint8Array(16).fill(9);
const CHEAP = { memoryKiB: 64, passes: 1, parallelism: 1 };
const random = new SeededRandom('invitations');
const APPEND_ONLY: Restriction = { role: 'append-only', scope: SCOPE };
const KEEPER: Restriction = { role: 'keeper' };

function invite(restriction: Restriction): string {
  const device = createDevice(OWNER, 'web', new Uint8Array(32).fill(5), 1, restriction);
  const parts = { keys: OWNER, device, ticket: 'vaultmesh1abc', copies: 2, passphrase: 'horse', cost: CHEAP };
  return sealInvitation(parts, random);
}

async function homeOf({ keys, device, ticket, copies }: OpenedInvitation): Promise<VaultHome> {
  const disk = new MemoryDisk();
  await VaultHome.create(disk, random, '/home', {
    passphrase: 'x',
    boxCost: CHEAP,
    keys,
    device,
    ticket,
    copies,
  });
  return VaultHome.open(disk, '/home', 'x');
}

describe('an invitation', () => {
  it('gives an append-only device its scope, and nothing of the vault’s own keys', async () => {
    const opened = openInvitation(invite(APPEND_ONLY), 'horse');
    expect(opened).toMatchObject({
      ticket: 'vaultmesh1abc',
      copies: 2,
      device: { name: 'web', role: 'append-only' },
    });
    const home = await homeOf(opened);
    expect(home.device.role).toBe('append-only');
    expect(home.keys.scope).toEqual(SCOPE);
    expect(home.keys.chunkKey.export()).toEqual(
      contentKeysOf(scopeSecret(OWNER, SCOPE), SCOPE).chunkKey.export(),
    );
    expect(() => home.ownerKeys).toThrow(expect.objectContaining({ code: 'denied' }));
    const boxed = Buffer.from(encodeSecrets(opened)).toString();
    const { chunkSeed, chunkKey, contentId, chunker } = OWNER;
    for (const key of [chunkSeed.key, new Uint8Array(chunkKey.export()), contentId.key, chunker.key]) {
      expect(boxed).not.toContain(toHex(key));
    }
    expect(boxed).not.toContain(toHex(OWNER.secret));
  });

  it('gives a keeper the vault’s name and no key to anything in it', async () => {
    const home = await homeOf(openInvitation(invite(KEEPER), 'horse'));
    expect(home.device.role).toBe('keeper');
    expect(home.logKeys).toEqual({ vault: OWNER.vault });
    expect(() => home.keys).toThrow(expect.objectContaining({ code: 'denied' }));
  });

  it('opens with its passphrase only, and shows nothing without it', () => {
    const text = invite(APPEND_ONLY);
    expect(text).toMatch(/^vaultinvite1[a-z2-7]+$/);
    const spaced = (text.match(/.{1,60}/g) ?? []).join('\n').toUpperCase();
    expect(openInvitation(spaced, 'horse').device.name).toBe('web');
    expect(() => openInvitation(text, 'cow')).toThrow(expect.objectContaining({ code: 'wrong-passphrase' }));
  });

  it.each([
    ['nothing', ''],
    ['a ticket', 'vaultmesh1abc'],
    ['one with a letter missing', invite(KEEPER).slice(0, -1)],
    ['one with a letter changed', invite(KEEPER).replace(/.$/, (last) => (last === 'a' ? 'e' : 'a'))],
    ['far too much', `vaultinvite1${'a'.repeat(200_000)}`],
  ])('is refused when it is %s', (_, text) => {
    expect(() => openInvitation(text, 'horse')).toThrow(expect.objectContaining({ code: 'bad-invitation' }));
  });

  it('is refused when its parts do not belong together', () => {
    const device = createDevice(OWNER, 'web', new Uint8Array(32).fill(5), 1, KEEPER);
    const other = createDevice(OWNER, 'web', new Uint8Array(32).fill(6), 1, KEEPER);
    const full = createDevice(OWNER, 'web', new Uint8Array(32).fill(5), 1);
    for (const false1 of [{ ...device, seed: other.seed }, full]) {
      const parts = { keys: OWNER, device: false1, ticket: 't', copies: 2, passphrase: 'horse', cost: CHEAP };
      const text = sealInvitation(parts, random);
      expect(() => openInvitation(text, 'horse')).toThrow(
        expect.objectContaining({ code: 'bad-invitation' }),
      );
    }
  });
});
