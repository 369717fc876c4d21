/** A peer's name is its Ed25519 public key in libp2p's text form; 32 seed bytes make the key pair. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';
import { concatBytes } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KEY_BYTES, type PeerName } from '../model/ids.ts';
import type { Random } from '../runtime/random.ts';

export interface PeerIdentity {
  readonly name: PeerName;
  /** Ed25519 over `message`, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** RFC 8410: PKCS #8 of a bare Ed25519 seed. */
const PKCS8_HEADER = Uint8Array.from(Buffer.from('302e020100300506032b657004220420', 'hex'));
/** Identity multihash of libp2p's protobuf `PublicKey { Type: Ed25519, Data: 32 bytes }`. */
const PEER_ID_HEADER = Uint8Array.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);

/** A new seed; it is the peer's private key and is kept like one. */
export function newPeerSeed(random: Random): Uint8Array {
  return random.bytes(KEY_BYTES);
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) {
    throw new VaultError('corrupt', `a peer key has ${KEY_BYTES} bytes, this one has ${seed.length}`);
  }
  return createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_HEADER, seed)),
    format: 'der',
    type: 'pkcs8',
  });
}

function publicKeyOf(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
}

/** The key pair as libp2p takes it: seed and public key, 64 bytes. Its own way from a seed is JavaScript and takes 70 ms. */
export function keyPairBytes(seed: Uint8Array): Uint8Array {
  return concatBytes(seed, publicKeyOf(privateKeyOf(seed)));
}

function nameOf(privateKey: KeyObject): PeerName {
  const multihash = concatBytes(PEER_ID_HEADER, publicKeyOf(privateKey));
  return base58btc.encode(multihash).slice(1); // without the multibase letter, as peer ids are written
}

/** "12D3Koo...", the same text libp2p gives. Throws 'corrupt' unless `seed` has 32 bytes. */
export function peerNameOfSeed(seed: Uint8Array): PeerName {
  return nameOf(privateKeyOf(seed));
}

export function peerIdentityOf(seed: Uint8Array): PeerIdentity {
  const privateKey = privateKeyOf(seed);
  return {
    name: nameOf(privateKey),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}
