/** What a passphrase opens: this machine's device key, and what its role lets it have of the vault's keys (C1). */
import { verify } from '../crypto/ed25519.ts';
import {
  bytesOfContentKeys,
  CONTENT_KEYS_BYTES,
  canOpen,
  contentKeysOf,
  deriveVaultKeys,
  isOwner,
  type LogKeys,
  type VaultKeys,
} from '../crypto/vault-keys.ts';
import { type DeviceCertificate, decodeCertificate, roleOf } from '../format/certificate.ts';
import { bytesEqual, fromHex, toHex, utf8 } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { deviceOf, type VaultDevice } from './device.ts';
import { parsedJson } from './home-file.ts';

export interface HomeSecrets {
  /** A keeper has the vault's name and nothing that opens chunks. */
  readonly keys: VaultKeys | LogKeys;
  readonly device: VaultDevice;
}

interface BoxedSecrets {
  /** Of a full device. */
  readonly secret?: string;
  /** Of an append-only one. */
  readonly contentKeys?: string;
  readonly deviceSeed: string;
  readonly deviceName: string;
  readonly certificate: string;
}

export function encodeSecrets({ keys, device }: HomeSecrets): Uint8Array {
  const secrets: BoxedSecrets = {
    ...keysText(keys),
    deviceSeed: toHex(device.seed),
    deviceName: device.name,
    certificate: toHex(device.certificate),
  };
  return utf8(JSON.stringify(secrets));
}

function keysText(keys: HomeSecrets['keys']): Pick<BoxedSecrets, 'secret' | 'contentKeys'> {
  if (!canOpen(keys)) return {};
  return isOwner(keys) ? { secret: toHex(keys.secret) } : { contentKeys: toHex(bytesOfContentKeys(keys)) };
}

/** `undefined` when they are incomplete, or do not belong together. */
export function decodeSecrets(plain: Uint8Array): HomeSecrets | undefined {
  const secrets = parsedJson(plain) as Partial<BoxedSecrets> | undefined;
  const seed = fromHex(String(secrets?.deviceSeed));
  const certificate = fromHex(String(secrets?.certificate));
  const name = secrets?.deviceName;
  if (seed?.length !== KEY_BYTES || !certificate || typeof name !== 'string') return undefined;
  const said = certified(certificate);
  const keys = said && keysOf(said, secrets ?? {});
  if (!keys) return undefined;
  const device = deviceOf(seed, name, certificate, roleOf(said));
  return bytesEqual(device.id, said.device) && bytesEqual(keys.vault, said.vault)
    ? { keys, device }
    : undefined;
}

function certified(bytes: Uint8Array): DeviceCertificate | undefined {
  try {
    return decodeCertificate(bytes, verify);
  } catch (error) {
    if (isVaultError(error)) return undefined;
    throw error;
  }
}

function keysOf(
  said: DeviceCertificate,
  { secret, contentKeys }: Partial<BoxedSecrets>,
): HomeSecrets['keys'] | undefined {
  if (said.role === 'keeper') return { vault: said.vault };
  if (said.role === 'append-only') {
    const bytes = fromHex(String(contentKeys));
    if (bytes?.length !== CONTENT_KEYS_BYTES) return undefined;
    return { vault: said.vault, ...contentKeysOf(bytes, said.scope) };
  }
  const bytes = fromHex(String(secret));
  return bytes?.length === KEY_BYTES ? deriveVaultKeys(bytes) : undefined;
}
