/** The vault key's word that a device key may write to the vault's log, and what it may write there (L1, L4). */
import { type DeviceRole, SCOPE_BYTES } from '../model/device-role.ts';
import { VaultError } from '../model/errors.ts';
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
  /** Absent: a full device. */
  readonly role?: Exclude<DeviceRole, 'full'>;
  /** 16 bytes: what an append-only device seals, and no other has. */
  readonly scope?: Uint8Array;
}

/** Version 1 says nothing of a role: it is for full devices. Whoever reads only it refuses all others, and does so rightly. */
const CERTIFICATE_VERSION = 1;
const ROLE_VERSION = 2;
export const MAX_CERTIFICATE_BYTES = 1024;
const CERTIFICATE_LABEL = 'vault-mesh-certificate-1';

const MAX_NAME = 128;
const BOUNDS: CborBounds = { what: 'device certificate', maxBytes: MAX_CERTIFICATE_BYTES };

/** `signVault` signs with the vault key. */
export function encodeCertificate(certificate: DeviceCertificate, signVault: Sign): Uint8Array {
  const { vault, device, name, created, role, scope } = certificate;
  const said = { vault, device, name, created };
  const body =
    role === undefined
      ? { v: CERTIFICATE_VERSION, ...said }
      : { v: ROLE_VERSION, ...said, role, ...(scope === undefined ? {} : { scope }) };
  const bytes = encodeSigned(CERTIFICATE_LABEL, body, [signVault], BOUNDS);
  return readable(bytes, (encoded) => decodeCertificate(encoded, trusted));
}

/** Throws 'forgery' (not signed by the vault it names), 'corrupt', 'unsupported-version'. */
export function decodeCertificate(bytes: Uint8Array, verify: Verify): DeviceCertificate {
  const { body, signatures } = splitSigned(bytes, 1, BOUNDS);
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  const version = fields.version(CERTIFICATE_VERSION, ROLE_VERSION);
  const certificate = {
    vault: fields.bytes('vault', KEY_BYTES),
    device: fields.bytes('device', KEY_BYTES),
    name: fields.line('name', MAX_NAME),
    created: fields.integer('created', 0, Number.MAX_SAFE_INTEGER),
    ...(version === ROLE_VERSION ? decodeRole(fields) : {}),
  };
  fields.end();
  const [signature] = signatures;
  if (!signature || !verify(certificate.vault, signedMessage(CERTIFICATE_LABEL, body), signature)) {
    throw forged(BOUNDS.what, 'the vault it names');
  }
  return certificate;
}

export function roleOf(certificate: DeviceCertificate): DeviceRole {
  return certificate.role ?? 'full';
}

function decodeRole(fields: Fields): Pick<DeviceCertificate, 'role' | 'scope'> {
  const role = fields.text('role', MAX_NAME);
  if (role === 'append-only') return { role, scope: fields.bytes('scope', SCOPE_BYTES) };
  if (role === 'keeper') return { role };
  throw new VaultError('unsupported-version', `a device has a role that this program does not know`, {
    hint: 'Update this program.',
  });
}
