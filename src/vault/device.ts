/** One machine that writes to a vault (L1): its key, its name, and the vault's word for it. */
import type { KeyObject } from 'node:crypto';
import { keyPairOfSeed, sign } from '../crypto/ed25519.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { encodeCertificate } from '../format/certificate.ts';
import type { DeviceId } from '../model/ids.ts';

export interface VaultDevice {
  readonly id: DeviceId;
  readonly name: string;
  /** 32 bytes the key is made of; never leaves the machine unsealed. */
  readonly seed: Uint8Array;
  readonly privateKey: KeyObject;
  /** Encoded DeviceCertificate. */
  readonly certificate: Uint8Array;
}

/** A new device that the vault key certifies. `created` in milliseconds since 1970, a label. */
export function createDevice(keys: VaultKeys, name: string, seed: Uint8Array, created: number): VaultDevice {
  const { publicKey } = keyPairOfSeed(seed);
  const certificate = encodeCertificate({ vault: keys.vault, device: publicKey, name, created }, (message) =>
    sign(keys.signPrivate, message),
  );
  return deviceOf(seed, name, certificate);
}

/** A device as it was kept. */
export function deviceOf(seed: Uint8Array, name: string, certificate: Uint8Array): VaultDevice {
  const { publicKey, privateKey } = keyPairOfSeed(seed);
  return { id: publicKey, name, seed, privateKey, certificate };
}
