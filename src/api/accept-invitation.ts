/** An invited machine becomes a device of the vault, with the rights and keys that the invitation gives it (L1). */
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { VaultDevice } from '../vault/device.ts';
import { openInvitation } from '../vault/invitation.ts';
import { VaultHome } from '../vault/vault-home.ts';
import { MeshSession } from './mesh-session.ts';
import { requireKnownVault } from './require-known-vault.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';
import { requireNoVault } from './vault-folder.ts';
import type { AcceptOptions, VaultHandle } from './vault-handle.ts';
import { boxFactsOf } from './vault-keyring.ts';
import { VaultSession } from './vault-session.ts';

/**
 * Throws 'exists' (a vault is here, or the invitation was used), 'bad-invitation', 'wrong-passphrase' (of the invitation), 'foreign-mesh',
 * 'unavailable', 'not-found' (nobody knows the vault), 'denied' (the device was retired before it came).
 */
export async function acceptInvitation(
  options: AcceptOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<VaultHandle> {
  const { disk, random, boxCost } = surroundings;
  await requireNoVault(options.home, disk);
  const { keys, device, ticket, copies } = openInvitation(options.invitation, options.invitationPassphrase);
  const wait: WaitOptions = options.signal ? { signal: options.signal } : {};
  const { home, passphrase, onDetail } = options;
  const session = await MeshSession.join({
    surroundings,
    keys,
    ticket,
    home,
    device,
    ...(onDetail ? { onDetail } : {}),
    ...wait,
  });
  try {
    await requireKnownVault(session, wait);
    await requireUnused(session, device, wait);
    const parts = {
      passphrase,
      boxCost,
      boxFacts: boxFactsOf(surroundings, ''),
      keys,
      device,
      ticket,
      copies,
    };
    const made = await VaultHome.create(disk, random, home, parts);
    const vault = new VaultSession(made, options, surroundings, session);
    await vault.introduce(wait);
    return vault;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Two machines with one device key would look like somebody who forges its log. */
async function requireUnused(
  session: MeshSession,
  { id, name }: VaultDevice,
  wait: WaitOptions,
): Promise<void> {
  const shown = await session.exchange.heads(wait);
  const known = shown.some(({ heads }) =>
    heads.some(({ device, next }) => bytesEqual(device, id) && next > 0),
  );
  if (!known) return;
  throw new VaultError('exists', `this invitation has been used: a machine is device "${name}" already`, {
    hint: 'Each machine needs an invitation of its own; "vault device add" makes one.',
  });
}
