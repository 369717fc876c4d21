/** Ed25519 with raw 32-byte public keys: the signatures of vaults, devices and peers (L1). */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { concatBytes } from '../model/bytes.ts';
import { assert } from '../model/errors.ts';
import { KEY_BYTES, SIGNATURE_BYTES } from '../model/ids.ts';

export interface KeyPair {
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** DER heads in front of the 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** The key pair of a 32-byte seed (RFC 8032). */
export function keyPairOfSeed(seed: Uint8Array): KeyPair {
  assert(seed.length === KEY_BYTES, 'an Ed25519 seed is 32 bytes');
  const key = Buffer.from(concatBytes(PKCS8_HEAD, seed));
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { publicKey: new Uint8Array(spki.subarray(-KEY_BYTES)), privateKey };
}

export function sign(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(signBytes(null, message, privateKey));
}

/** False for a wrong signature, and for keys and signatures that are none. Never throws. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const key = publicKeyObject(publicKey);
  return key !== undefined && verifyBytes(null, message, key, signature);
}

/** A receipt for every chunk comes from the same few peers, and making the key takes as long as using it. */
const MAX_REMEMBERED = 256;
const remembered = new Map<string, KeyObject>();

/** `undefined` for 32 bytes that OpenSSL refuses as a key: such a key has signed nothing. */
function publicKeyObject(publicKey: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(publicKey).toString('latin1');
  const known = remembered.get(name);
  if (known) return known;
  try {
    const der = Buffer.from(concatBytes(SPKI_HEAD, publicKey));
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(name, key);
    return key;
  } catch {
    return undefined;
  }
}
