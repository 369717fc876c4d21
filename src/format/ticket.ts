/** An invitation to a mesh as one copyable string: the mesh's secret and the addresses of some peers, with a checksum (M1). */
import { hash } from 'node:crypto';
import { base32 } from 'multiformats/bases/base32';
import { bytesEqual, concatBytes } from '../model/bytes.ts';
import { assert, VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { type CborBounds, decodeCbor, encodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';

export interface Ticket {
  /** The mesh's secret, 32 bytes. */
  readonly secret: Uint8Array;
  /** Multiaddresses with /p2p/ id. */
  readonly addresses: readonly string[];
}

const TICKET_VERSION = 1;
const TICKET_PREFIX = 'vaultmesh1';
const MAX_TICKET_ADDRESSES = 32;

const MAX_ADDRESS = 512;
const CHECKSUM_BYTES = 4;
const MAX_TEXT = 32_768;
const ADDRESS = /^\/[\x21-\x7e]+$/;
const BOUNDS: CborBounds = { what: 'ticket', maxBytes: 20_000 };

export function encodeTicket(ticket: Ticket): string {
  assert(ticket.secret.length === KEY_BYTES, 'a mesh secret is 32 bytes');
  assert(ticket.addresses.length <= MAX_TICKET_ADDRESSES, 'a ticket with too many addresses');
  for (const address of ticket.addresses) assert(isAddress(address), `no address for a ticket: ${address}`);
  const body = encodeCbor({ v: TICKET_VERSION, s: ticket.secret, a: [...ticket.addresses] }, BOUNDS);
  return TICKET_PREFIX + base32.baseEncode(concatBytes(body, checksum(body)));
}

/** Forgives white space, line breaks and upper case. Throws 'bad-ticket'. */
export function decodeTicket(text: string): Ticket {
  if (text.length > MAX_TEXT) throw bad('it is too long for a ticket');
  const clean = text.replace(/\s+/g, '').toLowerCase();
  if (clean === '') throw bad('it is empty');
  if (!clean.startsWith(TICKET_PREFIX)) throw bad(`a ticket starts with "${TICKET_PREFIX}"`);
  const bytes = decodeText(clean.slice(TICKET_PREFIX.length));
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!bytesEqual(checksum(body), bytes.subarray(-CHECKSUM_BYTES))) {
    throw bad('its checksum does not match, so a part is missing or mistyped');
  }
  try {
    return decodeBody(body);
  } catch (cause) {
    const why = cause instanceof VaultError ? cause.message : 'its content makes no sense';
    throw bad(why, cause);
  }
}

function decodeText(text: string): Uint8Array {
  try {
    return base32.baseDecode(text);
  } catch (cause) {
    throw bad('it holds characters that no ticket has, or its end is missing', cause);
  }
}

function decodeBody(body: Uint8Array): Ticket {
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  fields.version(TICKET_VERSION);
  const secret = fields.bytes('s', KEY_BYTES);
  const addresses = fields.list('a', MAX_TICKET_ADDRESSES).map((address) => {
    if (typeof address !== 'string' || !isAddress(address)) throw fields.wrong('a');
    return address;
  });
  fields.end();
  return { secret, addresses };
}

function isAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && ADDRESS.test(text);
}

function checksum(body: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', body, 'buffer')).subarray(0, CHECKSUM_BYTES);
}

function bad(why: string, cause?: unknown): VaultError {
  return new VaultError('bad-ticket', `this is no usable ticket: ${why}`, {
    hint: 'Copy the whole line that `vault-peer ticket` prints on a peer of the mesh.',
    ...(cause === undefined ? {} : { cause }),
  });
}
