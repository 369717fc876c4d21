/** What an invited device is given: its key, its certificate, the keys of its scope, and the way to the mesh (L1). Travels in a passphrase box. */
import { hash } from 'node:crypto';
import { base32 } from 'multiformats/bases/base32';
import { bytesEqual, concatBytes } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { type CborBounds, decodeCbor, encodeCbor } from './cbor.ts';
import { MAX_CERTIFICATE_BYTES } from './certificate.ts';
import { Fields } from './fields.ts';
import { readable } from './readable.ts';

export interface Invitation {
  /** What the new device's key is made of. */
  readonly seed: Uint8Array;
  /** Encoded DeviceCertificate. */
  readonly certificate: Uint8Array;
  /** Of an append-only device: its four content keys, 128 bytes. */
  readonly contentKeys?: Uint8Array;
  readonly ticket: string;
  /** Copies the owner wants of every chunk (P2). */
  readonly copies: number;
}

/** The box around it, as it is written into the text. */
export interface InvitationBox {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

const INVITATION_VERSION = 1;
const PREFIX = 'vaultinvite1';
const CONTENT_KEYS = 4 * KEY_BYTES;
const MAX_TICKET = 32_768;
const MAX_COPIES = 32;
const MAX_U32 = 0xffff_ffff;
const CHECKSUM_BYTES = 4;
const MAX_TEXT = 131_072;
const BOUNDS: CborBounds = { what: 'invitation', maxBytes: 40_000 };
const BOX_BOUNDS: CborBounds = { what: 'invitation', maxBytes: 42_000 };

export function encodeInvitation({ seed, certificate, contentKeys, ticket, copies }: Invitation): Uint8Array {
  const keys = contentKeys === undefined ? {} : { keys: contentKeys };
  const bytes = encodeCbor({ v: INVITATION_VERSION, seed, certificate, ...keys, ticket, copies }, BOUNDS);
  return readable(bytes, decodeInvitation);
}

/** Throws 'corrupt', 'unsupported-version'. What the certificate says is the caller's to check. */
export function decodeInvitation(bytes: Uint8Array): Invitation {
  const fields = new Fields(decodeCbor(bytes, BOUNDS), BOUNDS.what);
  fields.version(INVITATION_VERSION);
  const invitation = {
    seed: fields.bytes('seed', KEY_BYTES),
    certificate: fields.bytes('certificate', 1, MAX_CERTIFICATE_BYTES),
    ticket: fields.text('ticket', MAX_TICKET),
    copies: fields.integer('copies', 1, MAX_COPIES),
    ...(fields.has('keys') ? { contentKeys: fields.bytes('keys', CONTENT_KEYS) } : {}),
  };
  fields.end();
  return invitation;
}

/** One copyable string. */
export function invitationText(box: InvitationBox): string {
  const { memoryKiB, passes, parallelism, salt, nonce, sealed } = box;
  const body = encodeCbor(
    { v: INVITATION_VERSION, m: memoryKiB, t: passes, p: parallelism, salt, nonce, sealed },
    BOX_BOUNDS,
  );
  return PREFIX + base32.baseEncode(concatBytes(body, checksum(body)));
}

/** Forgives white space and upper case. Throws 'bad-invitation', 'corrupt', 'unsupported-version'. */
export function parseInvitation(text: string): InvitationBox {
  const clean = text.length > MAX_TEXT ? '' : text.replace(/\s+/g, '').toLowerCase();
  if (!clean.startsWith(PREFIX)) throw bad(`an invitation starts with "${PREFIX}"`);
  const bytes = decodeText(clean.slice(PREFIX.length));
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!bytesEqual(checksum(body), bytes.subarray(-CHECKSUM_BYTES))) {
    throw bad('its checksum does not match, so a part is missing or mistyped');
  }
  const fields = new Fields(decodeCbor(body, BOX_BOUNDS), BOX_BOUNDS.what);
  fields.version(INVITATION_VERSION);
  const box = {
    memoryKiB: fields.integer('m', 0, MAX_U32),
    passes: fields.integer('t', 0, MAX_U32),
    parallelism: fields.integer('p', 0, MAX_U32),
    salt: fields.bytes('salt', 0, KEY_BYTES),
    nonce: fields.bytes('nonce', 0, KEY_BYTES),
    sealed: fields.bytes('sealed', 0, BOX_BOUNDS.maxBytes),
  };
  fields.end();
  return box;
}

function decodeText(text: string): Uint8Array {
  try {
    return base32.baseDecode(text);
  } catch (cause) {
    throw bad('it holds characters that no invitation has, or its end is missing', cause);
  }
}

function checksum(body: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', body, 'buffer')).subarray(0, CHECKSUM_BYTES);
}

function bad(why: string, cause?: unknown): VaultError {
  return new VaultError('bad-invitation', `this is no usable invitation: ${why}`, {
    hint: 'Copy the whole text that "vault device add" has written.',
    ...(cause === undefined ? {} : { cause }),
  });
}
