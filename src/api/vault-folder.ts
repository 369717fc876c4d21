/** Is there a vault in this folder? Asked before a passphrase is. */
import { VaultError } from '../model/errors.ts';
import type { Disk } from '../runtime/disk.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { VaultHome } from '../vault/vault-home.ts';

/** Throws 'no-vault'. */
export async function requireVault(home: string): Promise<void> {
  if (await VaultHome.exists(nodeDisk(), home)) return;
  throw new VaultError('no-vault', `${home} holds no vault`, {
    hint:
      'Make one with "vault init --ticket @FILE", or bring one back with "vault recover --ticket @FILE". The ticket comes from ' +
      '"vault-peer init" on the first machine that keeps data ("vault-peer ticket" prints it again). Is the vault elsewhere? Set VAULT_HOME.',
  });
}

/** Throws 'exists'. */
export async function requireNoVault(home: string, disk: Disk = nodeDisk()): Promise<void> {
  if (!(await VaultHome.exists(disk, home))) return;
  throw new VaultError('exists', `${home} already holds a vault`, {
    hint: 'Choose another folder with VAULT_HOME; a vault is never overwritten.',
  });
}
