/** Is there a vault in this folder? Asked before a passphrase is. */
import { VaultError } from '../model/errors.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { VaultHome } from '../vault/vault-home.ts';

/** Throws 'no-vault'. */
export async function requireVault(home: string): Promise<void> {
  if (await VaultHome.exists(nodeDisk(), home)) return;
  throw new VaultError('no-vault', `${home} holds no vault`, {
    hint: 'Make one with "vault init", bring one back with "vault recover", or set VAULT_HOME.',
  });
}

/** Throws 'exists'. */
export async function requireNoVault(home: string): Promise<void> {
  if (!(await VaultHome.exists(nodeDisk(), home))) return;
  throw new VaultError('exists', `${home} already holds a vault`, {
    hint: 'Choose another folder with VAULT_HOME; a vault is never overwritten.',
  });
}
