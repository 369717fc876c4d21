/** Says clearly, before anything is done, that a command needs a right which this device does not have (L4). */
import { VaultError } from '../model/errors.ts';
import { allows, type Right } from '../policy/device-rights.ts';
import { roleText, type VaultHome } from '../vault/vault-home.ts';

/** `doing` completes "it cannot ...". Throws 'denied'. */
export function requireRight({ device }: Pick<VaultHome, 'device'>, right: Right, doing: string): void {
  const { name, role } = device;
  if (allows(role, right)) return;
  throw new VaultError('denied', `this device ("${name}") is ${roleText(role)}: it cannot ${doing}`, {
    hint: 'Do it from a full device of the vault, for example one that "vault recover" makes from the 24 words.',
    data: { role },
  });
}
