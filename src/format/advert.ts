/** What a peer says of itself, signed and short-lived: room, zone, version, uptime (M4). Latency is measured, never claimed. */
import type { PeerName } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { type CborBounds, decodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { readable, trusted } from './readable.ts';
import { encodeSigned, forged, type Sign, signedMessage, splitSigned } from './signed.ts';

export interface Advert {
  readonly peer: PeerName;
  /** What its owner calls it; printable. */
  readonly name: string;
  readonly zone: string;
  /** The same for all programs on one machine, blinded by the mesh secret. */
  readonly machine: string;
  readonly capacityBytes: number;
  /** What it will still accept, in bytes. */
  readonly freeBytes: number;
  /** Software version. */
  readonly version: string;
  /** Part of the time it was up, 0 to 1, in steps of 1/10,000. */
  readonly uptimeShare: number;
  /** Milliseconds since 1970 on its own clock. */
  readonly issuedAt: number;
  readonly accepting: boolean;
}

/** Checks a signature by a peer's key; false also for names without a key. */
export type VerifyPeer = (peer: PeerName, message: Uint8Array, signature: Uint8Array) => boolean;

const ADVERT_VERSION = 1;
const ADVERT_LABEL = 'vault-mesh-advert-1';
export const MAX_ADVERT_BYTES: number = 4 * KiB;

const MAX_TEXT = 128;
const SHARE_STEPS = 10_000;
const BOUNDS: CborBounds = { what: 'peer advert', maxBytes: MAX_ADVERT_BYTES };

/** `signPeer` signs with the peer's key. */
export function encodeAdvert(advert: Advert, signPeer: Sign): Uint8Array {
  const { peer, name, zone, machine, capacityBytes, freeBytes, version, issuedAt, accepting } = advert;
  const uptime = Math.round(advert.uptimeShare * SHARE_STEPS);
  const texts = { peer, name, zone, machine, version };
  const numbers = { capacity: capacityBytes, free: freeBytes, uptime, issued: issuedAt };
  const body = { v: ADVERT_VERSION, ...texts, ...numbers, accepting };
  const bytes = encodeSigned(ADVERT_LABEL, body, [signPeer], BOUNDS);
  return readable(bytes, (encoded) => decodeAdvert(encoded, trusted));
}

/** Throws 'forgery' (not signed by the peer it names), 'corrupt', 'unsupported-version'. */
export function decodeAdvert(bytes: Uint8Array, verify: VerifyPeer): Advert {
  const { body, signatures } = splitSigned(bytes, 1, BOUNDS);
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  fields.version(ADVERT_VERSION);
  const advert: Advert = {
    peer: fields.line('peer', MAX_TEXT),
    name: fields.line('name', MAX_TEXT),
    zone: fields.line('zone', MAX_TEXT),
    machine: fields.line('machine', MAX_TEXT),
    capacityBytes: fields.integer('capacity', 0, Number.MAX_SAFE_INTEGER),
    freeBytes: fields.integer('free', 0, Number.MAX_SAFE_INTEGER),
    version: fields.line('version', MAX_TEXT),
    uptimeShare: fields.integer('uptime', 0, SHARE_STEPS) / SHARE_STEPS,
    issuedAt: fields.integer('issued', 0, Number.MAX_SAFE_INTEGER),
    accepting: fields.flag('accepting'),
  };
  fields.end();
  const [signature] = signatures;
  if (!signature || !verify(advert.peer, signedMessage(ADVERT_LABEL, body), signature)) {
    throw forged(BOUNDS.what, 'the peer it names');
  }
  return advert;
}
