/** A member's word that a further peer keeps copies of a vault too, for as long as the owner has not said so himself (R2, R5). */
import { KEY_BYTES, type PeerName, type VaultId } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import type { VerifyPeer } from './advert.ts';
import { type CborBounds, damaged, decodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { readable, trusted } from './readable.ts';
import { encodeSigned, forged, type Sign, signedMessage, splitSigned } from './signed.ts';

export interface Recruitment {
  readonly vault: VaultId;
  /** Who is to keep copies from now on. */
  readonly peer: PeerName;
  readonly zone: string;
  /** As in the holder table. */
  readonly weight: number;
  /** Who signs. Counts only if this peer is a member itself: of the table, or recruited by one, and so on. */
  readonly by: PeerName;
}

const RECRUITMENT_VERSION = 1;
const RECRUITMENT_LABEL = 'vault-mesh-recruitment-1';
export const MAX_RECRUITMENT_BYTES: number = 1 * KiB;
/** Of one vault. */
export const MAX_RECRUITS = 64;

const MAX_TEXT = 128;
const MAX_WEIGHT = 0xffff_ffff;
const BOUNDS: CborBounds = { what: 'recruitment', maxBytes: MAX_RECRUITMENT_BYTES };

/** `signPeer` signs with the key of the peer `by`. */
export function encodeRecruitment(recruitment: Recruitment, signPeer: Sign): Uint8Array {
  const { vault, peer, zone, weight, by } = recruitment;
  const body = { v: RECRUITMENT_VERSION, vault, peer, zone, weight, by };
  const bytes = encodeSigned(RECRUITMENT_LABEL, body, [signPeer], BOUNDS);
  return readable(bytes, (encoded) => decodeRecruitment(encoded, trusted));
}

/** Throws 'forgery' (not signed by the peer it names as recruiter), 'corrupt', 'unsupported-version'. */
export function decodeRecruitment(bytes: Uint8Array, verify: VerifyPeer): Recruitment {
  const { body, signatures } = splitSigned(bytes, 1, BOUNDS);
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  fields.version(RECRUITMENT_VERSION);
  const recruitment: Recruitment = {
    vault: fields.bytes('vault', KEY_BYTES),
    peer: fields.line('peer', MAX_TEXT),
    zone: fields.line('zone', MAX_TEXT),
    weight: fields.integer('weight', 1, MAX_WEIGHT),
    by: fields.line('by', MAX_TEXT),
  };
  fields.end();
  if (recruitment.peer === recruitment.by) throw damaged(BOUNDS.what, 'a peer that recruits itself');
  const [signature] = signatures;
  if (!signature || !verify(recruitment.by, signedMessage(RECRUITMENT_LABEL, body), signature)) {
    throw forged(BOUNDS.what, 'the peer it names as recruiter');
  }
  return recruitment;
}
