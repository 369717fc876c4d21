/** A key and a certificate for this machine, by the vault's own key. */
import type { OwnerKeys } from '../crypto/vault-keys.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { createDevice, type VaultDevice } from '../vault/device.ts';
import type { Surroundings } from './surroundings.ts';

const MAX_NAME = 64;

/** Called as the host is unless `name` says otherwise. */
export function newDevice(keys: OwnerKeys, name: string | undefined, from: Surroundings): VaultDevice {
  const label = (name ?? (from.hostName() || 'unknown')).slice(0, MAX_NAME);
  return createDevice(keys, label, from.random.bytes(KEY_BYTES), Math.floor(from.clock.now()));
}
