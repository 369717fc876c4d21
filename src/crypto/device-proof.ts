/** What is signed between a device and holders: "I write to this vault", "I keep this chunk", "these may pass it on" (L1, L5, T2). */
import type { KeyObject } from 'node:crypto';
import { concatBytes, utf8 } from '../model/bytes.ts';
import type { DeviceId, Digest, PeerName, VaultId } from '../model/ids.ts';
import { sign, verify } from './ed25519.ts';

const HELLO_LABEL = 'vault-mesh-hello-1';
const RECEIPT_LABEL = 'vault-mesh-receipt-1';
const PERMIT_LABEL = 'vault-mesh-permit-1';
const PASSED_LABEL = 'vault-mesh-passed-receipt-1';

/** Of what makes each permit new. */
export const PERMIT_NONCE_BYTES = 16;

/** Names both ends of the connection, so a proof shown to one holder is worth nothing at another. */
export interface HelloFacts {
  readonly vault: VaultId;
  /** Who is asked. */
  readonly holder: PeerName;
  /** Who asks, as the connection's handshake proved. */
  readonly client: PeerName;
}

/** label | vault | holder name | NUL | client name. */
export function helloMessage({ vault, holder, client }: HelloFacts): Uint8Array {
  return concatBytes(utf8(HELLO_LABEL), vault, utf8(`${holder}\0${client}`));
}

export function helloProof(deviceKey: KeyObject, facts: HelloFacts): Uint8Array {
  return sign(deviceKey, helloMessage(facts));
}

/** Never throws. */
export function verifyHello(device: DeviceId, facts: HelloFacts, proof: Uint8Array): boolean {
  return verify(device, helloMessage(facts), proof);
}

/** What a holder signs with its peer key when a chunk is durable: label | vault | digest | sealed size u32be (L5). */
export function receiptMessage(vault: VaultId, digest: Digest, sizeBytes: number): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, sizeBytes);
  return concatBytes(utf8(RECEIPT_LABEL), vault, digest, size);
}

/**
 * The same for a chunk that went over other holders, label | vault | digest | sealed size u32be | nonce of the permit: a relay that kept an old
 * receipt cannot show it again for a copy that is gone by now (T2).
 */
export function passedReceiptMessage({ vault, digest, sizeBytes, nonce }: PassedFacts): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, sizeBytes);
  return concatBytes(utf8(PASSED_LABEL), vault, digest, size, nonce);
}

/** One chunk, this time. */
export interface PassedFacts {
  readonly vault: VaultId;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** PERMIT_NONCE_BYTES that the device chose. */
  readonly nonce: Uint8Array;
}

/** One chunk on its way to several holders. */
export interface PermitFacts extends PassedFacts {
  /** Who keeps it: each may pass it on to those behind. */
  readonly route: readonly PeerName[];
}

/** What a device signs so that its chunk may come from another holder: label | vault | digest | sealed size u32be | nonce | names, joined by NUL (T2). */
export function permitMessage({ vault, digest, sizeBytes, nonce, route }: PermitFacts): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, sizeBytes);
  return concatBytes(utf8(PERMIT_LABEL), vault, digest, size, nonce, utf8(route.join('\0')));
}

export function permitProof(deviceKey: KeyObject, facts: PermitFacts): Uint8Array {
  return sign(deviceKey, permitMessage(facts));
}

/** Never throws. */
export function verifyPermit(device: DeviceId, facts: PermitFacts, permit: Uint8Array): boolean {
  return verify(device, permitMessage(facts), permit);
}
