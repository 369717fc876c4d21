/** The public key inside a peer's name: an Ed25519 peer id is its key, so a signature needs no look-up (L5, M4). */
import { base58btc } from 'multiformats/bases/base58';
import { KEY_BYTES, type PeerName } from '../model/ids.ts';
import { verify } from './ed25519.ts';

/** Identity multihash of 36 bytes: protobuf PublicKey { type Ed25519, data of 32 bytes }. */
const HEAD = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
const MAX_NAME = 64;

/** The same few peers sign a receipt for every chunk. */
const MAX_REMEMBERED = 256;
const remembered = new Map<PeerName, Uint8Array>();

/** Raw 32-byte key; `undefined` for names that are not Ed25519 peer ids. */
export function peerPublicKey(peer: PeerName): Uint8Array | undefined {
  const known = remembered.get(peer);
  if (known) return known.slice();
  const key = decodeKey(peer);
  if (!key) return undefined;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(peer, key.slice());
  return key;
}

function decodeKey(peer: PeerName): Uint8Array | undefined {
  if (peer.length > MAX_NAME) return undefined;
  const bytes = decodeName(peer);
  if (bytes?.length !== HEAD.length + KEY_BYTES) return undefined;
  return HEAD.every((byte, i) => bytes[i] === byte) ? bytes.slice(HEAD.length) : undefined;
}

export function peerNameOfKey(publicKey: Uint8Array): PeerName {
  return base58btc.baseEncode(Uint8Array.of(...HEAD, ...publicKey));
}

/** False also for names without an Ed25519 key. Never throws. */
export function verifyPeer(peer: PeerName, message: Uint8Array, signature: Uint8Array): boolean {
  const key = peerPublicKey(peer);
  return key !== undefined && verify(key, message, signature);
}

function decodeName(peer: PeerName): Uint8Array | undefined {
  try {
    return base58btc.baseDecode(peer);
  } catch {
    return undefined;
  }
}
