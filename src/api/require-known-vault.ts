/** Asks the holders whether there is such a vault at all, before anything is made of its words. */
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { MeshSession } from './mesh-session.ts';

/** Throws 'not-found' unless some holder shows at least one log entry of this vault. */
export async function requireKnownVault(session: MeshSession, wait: WaitOptions): Promise<void> {
  const shown = session.holders().length === 0 ? [] : await session.exchange.heads(wait);
  if (shown.some(({ heads }) => heads.length > 0)) return;
  throw new VaultError('not-found', 'no peer that answers knows the vault of these words', {
    hint: 'Check that words and ticket belong together. If nothing was ever backed up, make a new vault with "vault init".',
  });
}
