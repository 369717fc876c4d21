/** The vault key's word that a device key may write to the vault's log (L1). */
import { type DeviceId, KEY_BYTES, type VaultId } from '../model/ids.ts';
import { type CborBounds, decodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { readable, trusted } from './readable.ts';
import { encodeSigned, forged, type Sign, signedMessage, splitSigned, type Verify } from './signed.ts';

export interface DeviceCertificate {
  readonly vault: VaultId;
  readonly device: DeviceId;
  /** What people call the machine; printable. */
  readonly name: string;
  /** Milliseconds since 1970; a label. */
  readonly created: number;
}

const CERTIFICATE_VERSION = 1;
export const MAX_CERTIFICATE_BYTES = 1024;
const CERTIFICATE_LABEL = 'vault-mesh-certificate-1';

const MAX_NAME = 128;
const BOUNDS: CborBounds = { what: 'device certificate', maxBytes: MAX_CERTIFICATE_BYTES };

/** `signVault` signs with the vault key. */
export function encodeCertificate(certificate: DeviceCertificate, signVault: Sign): Uint8Array {
  const { vault, device, name, created } = certificate;
  const body = { v: CERTIFICATE_VERSION, vault, device, name, created };
  const bytes = encodeSigned(CERTIFICATE_LABEL, body, [signVault], BOUNDS);
  return readable(bytes, (encoded) => decodeCertificate(encoded, trusted));
}

/** Throws 'forgery' (not signed by the vault it names), 'corrupt', 'unsupported-version'. */
export function decodeCertificate(bytes: Uint8Array, verify: Verify): DeviceCertificate {
  const { body, signatures } = splitSigned(bytes, 1, BOUNDS);
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  fields.version(CERTIFICATE_VERSION);
  const certificate = {
    vault: fields.bytes('vault', KEY_BYTES),
    device: fields.bytes('device', KEY_BYTES),
    name: fields.line('name', MAX_NAME),
    created: fields.integer('created', 0, Number.MAX_SAFE_INTEGER),
  };
  fields.end();
  const [signature] = signatures;
  if (!signature || !verify(certificate.vault, signedMessage(CERTIFICATE_LABEL, body), signature)) {
    throw forged(BOUNDS.what, 'the vault it names');
  }
  return certificate;
}
