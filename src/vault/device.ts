/** One machine that writes to a vault (L1): its key, its name, what it may do, and the vault's word for it. */
import type { KeyObject } from 'node:crypto';
import { keyPairOfSeed, sign } from '../crypto/ed25519.ts';
import type { OwnerKeys } from '../crypto/vault-keys.ts';
import { type DeviceCertificate, encodeCertificate } from '../format/certificate.ts';
import type { DeviceRole } from '../model/device-role.ts';
import type { DeviceId } from '../model/ids.ts';

export interface VaultDevice {
  readonly id: DeviceId;
  readonly name: string;
  readonly role: DeviceRole;
  /** 32 bytes the key is made of; never leaves the machine unsealed, but in an invitation. */
  readonly seed: Uint8Array;
  readonly privateKey: KeyObject;
  /** Encoded DeviceCertificate. */
  readonly certificate: Uint8Array;
}

/** What a device that is no full one may do; see DeviceCertificate. */
export type Restriction = Pick<DeviceCertificate, 'role' | 'scope'>;

/** A new device that the vault key certifies. `created` in milliseconds since 1970, a label. */
export function createDevice(
  keys: OwnerKeys,
  name: string,
  seed: Uint8Array,
  created: number,
  restriction: Restriction = {},
): VaultDevice {
  const { publicKey } = keyPairOfSeed(seed);
  const said = { vault: keys.vault, device: publicKey, name, created, ...restriction };
  const certificate = encodeCertificate(said, (message) => sign(keys.signPrivate, message));
  return deviceOf(seed, name, certificate, restriction.role);
}

/** A device as it was kept. */
export function deviceOf(
  seed: Uint8Array,
  name: string,
  certificate: Uint8Array,
  role: DeviceRole = 'full',
): VaultDevice {
  const { publicKey, privateKey } = keyPairOfSeed(seed);
  return { id: publicKey, name, role, seed, privateKey, certificate };
}
