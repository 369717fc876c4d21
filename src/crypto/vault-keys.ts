/** Every key of a vault from its one secret, each by HKDF under a label of its own, so that no key serves two purposes (C1). */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { assert } from '../model/errors.ts';
import { KEY_BYTES, type VaultId } from '../model/ids.ts';
import { keyPairOfSeed } from './ed25519.ts';
import { KeyedHash } from './keyed-hash.ts';

export interface VaultKeys {
  /** 32 bytes; the recovery words are another spelling of it. */
  readonly secret: Uint8Array;
  /** Public half of the vault key: the vault's identity. */
  readonly vault: VaultId;
  /** Certifies devices, drops chunks, signs holder tables (L1, L4). */
  readonly signPrivate: KeyObject;
  /** Seeds of sealed chunks (C4). */
  readonly chunkSeed: KeyedHash;
  readonly chunkKey: KeyObject;
  /** Recognises content that the vault has (C3, C5). */
  readonly contentId: KeyedHash;
  /** Decides where files are cut (C2). */
  readonly chunker: KeyedHash;
}

/** `secret` is 32 bytes. */
export function deriveVaultKeys(secret: Uint8Array): VaultKeys {
  assert(secret.length === KEY_BYTES, 'a vault secret is 32 bytes');
  const { publicKey, privateKey } = keyPairOfSeed(derive(secret, 'sign'));
  const keyFor = (label: string): KeyObject => createSecretKey(derive(secret, label));
  const hashFor = (label: string): KeyedHash => new KeyedHash(derive(secret, label));
  return {
    secret: new Uint8Array(secret),
    vault: publicKey,
    signPrivate: privateKey,
    chunkSeed: hashFor('chunk-seed-2'),
    chunkKey: keyFor('chunk-key'),
    contentId: hashFor('content-id-2'),
    chunker: hashFor('chunker-2'),
  };
}

function derive(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `vault-mesh/1/${label}`, KEY_BYTES));
}
