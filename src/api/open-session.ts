/** Opens the vault of a home on this machine. */
import { VaultHome } from '../vault/vault-home.ts';
import type { Surroundings } from './surroundings.ts';
import type { OpenVaultOptions } from './vault-handle.ts';
import { VaultSession } from './vault-session.ts';

/** Throws 'no-vault', 'wrong-passphrase', 'locked', 'corrupt'. */
export async function openSession(
  options: OpenVaultOptions,
  surroundings: Surroundings,
): Promise<VaultSession> {
  const { disk, deriveKey } = surroundings;
  surroundings.prepareNetwork?.();
  const home = await VaultHome.open(disk, options.home, options.passphrase, deriveKey);
  return new VaultSession(home, options, surroundings);
}
