/** The names of things: chunks by digest (C5), plain content by keyed id, peers and vaults by public key. */
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create } from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import { toHex } from './bytes.ts';
import { VaultError } from './errors.ts';

/** sha2-256 of a chunk's sealed bytes, 32 bytes: its only name on the wire and on disk (C5). */
export type Digest = Uint8Array;
/** Keyed id of plain content inside one vault, 20 bytes; never leaves the vault unsealed (C5). */
export type ContentId = Uint8Array;
/** A vault's Ed25519 public key, 32 bytes: its identity, which holders verify logs with (L1). */
export type VaultId = Uint8Array;
/** A device's Ed25519 public key, 32 bytes (L1). */
export type DeviceId = Uint8Array;
/** A libp2p peer id in its usual text form ("12D3Koo..."). */
export type PeerName = string;

export const DIGEST_BYTES = 32;
export const CONTENT_ID_BYTES = 20;
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
/** Number of placement groups of a vault (P3). */
export const GROUPS = 256;

/** Placement group of a chunk: the first byte of its digest (P3). */
export function groupOf(digest: Digest): number {
  return digest[0] ?? 0;
}

/** Key of a digest or id for maps: lower-case hex. */
export function keyOf(id: Uint8Array): string {
  return toHex(id);
}

/** The chunk's public name: CIDv1, raw codec, sha2-256, base32 (C5). */
export function cidText(digest: Digest): string {
  return CID.createV1(raw.code, create(sha256.code, digest)).toString(base32);
}

/** Digest of a CID made by `cidText`. Throws 'corrupt' for any other text. */
export function digestOfCid(text: string): Digest {
  try {
    const cid = CID.parse(text, base32);
    if (cid.version === 1 && cid.code === raw.code && cid.multihash.code === sha256.code) {
      if (cid.multihash.digest.length === DIGEST_BYTES) return new Uint8Array(cid.multihash.digest);
    }
  } catch (cause) {
    throw new VaultError('corrupt', `not a chunk name: ${text.slice(0, 80)}`, { cause });
  }
  throw new VaultError('corrupt', `not a chunk name: ${text.slice(0, 80)}`);
}

/** A vault's or device's id as text: multibase base32 of the public key. */
export function idText(id: VaultId | DeviceId): string {
  return base32.encode(id);
}

/** Bytes of an id made by `idText`; `undefined` when the text is none. */
export function parseIdText(text: string): Uint8Array | undefined {
  try {
    const bytes = base32.decode(text);
    return bytes.length === KEY_BYTES ? new Uint8Array(bytes) : undefined;
  } catch {
    return undefined;
  }
}
