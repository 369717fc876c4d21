/** What a passphrase opens: the vault's secret and this machine's device key, as they are wrapped in vault.json (C1). */
import { deriveVaultKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { fromHex, toHex, utf8 } from '../model/bytes.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { deviceOf, type VaultDevice } from './device.ts';
import { parsedJson } from './home-file.ts';

export interface HomeSecrets {
  readonly keys: VaultKeys;
  readonly device: VaultDevice;
}

interface BoxedSecrets {
  readonly secret: string;
  readonly deviceSeed: string;
  readonly deviceName: string;
  readonly certificate: string;
}

export function encodeSecrets({ keys, device }: HomeSecrets): Uint8Array {
  const secrets: BoxedSecrets = {
    secret: toHex(keys.secret),
    deviceSeed: toHex(device.seed),
    deviceName: device.name,
    certificate: toHex(device.certificate),
  };
  return utf8(JSON.stringify(secrets));
}

/** `undefined` when they are incomplete. */
export function decodeSecrets(plain: Uint8Array): HomeSecrets | undefined {
  const secrets = parsedJson(plain) as Partial<BoxedSecrets> | undefined;
  const secret = fromHex(String(secrets?.secret));
  const seed = fromHex(String(secrets?.deviceSeed));
  const certificate = fromHex(String(secrets?.certificate));
  const name = secrets?.deviceName;
  if (secret?.length !== KEY_BYTES || seed?.length !== KEY_BYTES) return undefined;
  if (!certificate || typeof name !== 'string') return undefined;
  return { keys: deriveVaultKeys(secret), device: deviceOf(seed, name, certificate) };
}
