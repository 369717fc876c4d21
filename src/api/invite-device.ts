/** Makes a device for another machine, with no more keys than its role needs, and seals it into an invitation (L1). */
import { isOwner } from '../crypto/vault-keys.ts';
import { SCOPE_BYTES } from '../model/device-role.ts';
import { assert, VaultError } from '../model/errors.ts';
import { idText, KEY_BYTES } from '../model/ids.ts';
import { createDevice, type Restriction } from '../vault/device.ts';
import { sealInvitation } from '../vault/invitation.ts';
import { currentTicket } from './current-ticket.ts';
import type { InvitedDevice, InviteOptions } from './invitation-types.ts';
import { addInvited } from './invited-devices.ts';
import { findDevice } from './vault-devices.ts';
import type { VaultWork } from './vault-work.ts';

const MAX_NAME = 64;

/** Throws 'denied', 'usage', 'not-found', 'ambiguous', 'io'. */
export async function inviteVaultDevice(
  work: Pick<VaultWork, 'home' | 'state' | 'surroundings'>,
  options: InviteOptions,
): Promise<InvitedDevice> {
  const { home, surroundings } = work;
  const { random, clock, disk, boxCost } = surroundings;
  const { name, role, passphrase } = options;
  const keys = home.ownerKeys;
  assert(isOwner(keys), 'invited without the secret');
  if (name.length > MAX_NAME)
    throw new VaultError('usage', `a device's name has at most ${MAX_NAME} characters`);
  const createdMs = Math.floor(clock.now());
  const device = createDevice(keys, name, random.bytes(KEY_BYTES), createdMs, restrictionOf(work, options));
  const ticket = await currentTicket(disk, home);
  const parts = { keys, device, ticket, copies: home.copies, passphrase, cost: boxCost };
  const invitation = sealInvitation(parts, random);
  // Known here before anybody can use it: so it can be ended.
  await addInvited(disk, home.folder, { device: device.id, name, role, createdMs });
  return { id: idText(device.id), name, role, invitation };
}

function restrictionOf(
  { state, surroundings }: Pick<VaultWork, 'state' | 'surroundings'>,
  options: InviteOptions,
): Restriction {
  const { role, replaces } = options;
  if (role === 'keeper') {
    if (replaces === undefined) return { role };
    throw new VaultError('usage', 'a keeper has no backups to go on with, so it replaces nobody');
  }
  if (replaces === undefined) return { role, scope: surroundings.random.bytes(SCOPE_BYTES) };
  const old = findDevice(state, replaces);
  const { scope } = state.logs.rightsOf(old.device);
  if (scope !== undefined) return { role, scope };
  throw new VaultError(
    'usage',
    `"${old.name}" is no append-only device: another cannot go on with its backups`,
  );
}
