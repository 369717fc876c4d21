/** A body with its signatures: what is signed are the body's exact bytes behind a label of their own, so no signature fits elsewhere. */
import { concatBytes, utf8 } from '../model/bytes.ts';
import { assert, VaultError } from '../model/errors.ts';
import { SIGNATURE_BYTES } from '../model/ids.ts';
import { type CborBounds, damaged, decodeCbor, encodeCbor } from './cbor.ts';

/** Returns the Ed25519 signature of `message`, 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;
/** Checks an Ed25519 signature by a raw 32-byte public key; never throws. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Room for the array and byte-string heads and two signatures around a body. */
const ENVELOPE_BYTES = 8 + 2 * (SIGNATURE_BYTES + 2);

export interface SignedParts {
  readonly body: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

export function signedMessage(label: string, body: Uint8Array): Uint8Array {
  return concatBytes(utf8(label), body);
}

/** `bounds` limit the whole; the body must leave room for its envelope. */
export function encodeSigned(
  label: string,
  value: unknown,
  signers: readonly Sign[],
  bounds: CborBounds,
): Uint8Array {
  const body = encodeCbor(value, { ...bounds, maxBytes: bounds.maxBytes - ENVELOPE_BYTES });
  const message = signedMessage(label, body);
  const signatures = signers.map((sign) => new Uint8Array(sign(message)));
  for (const signature of signatures)
    assert(signature.length === SIGNATURE_BYTES, 'a signature that is not 64 bytes');
  return encodeCbor([body, ...signatures], bounds);
}

/** Splits; the caller checks the signatures. Throws 'corrupt'. */
export function splitSigned(bytes: Uint8Array, maxSignatures: number, bounds: CborBounds): SignedParts {
  const parts = decodeCbor(bytes, bounds);
  if (!Array.isArray(parts) || parts.length < 2 || parts.length > 1 + maxSignatures) {
    throw damaged(bounds.what, 'not a body with its signatures');
  }
  const [body, ...signatures] = parts as unknown[];
  if (!(body instanceof Uint8Array)) throw damaged(bounds.what, 'no body');
  return { body, signatures: signatures.map((signature) => checkedSignature(signature, bounds.what)) };
}

export function forged(what: string, by: string): VaultError {
  return new VaultError('forgery', `this ${what} is not signed by ${by}; it is not used`, {
    hint: 'Somebody made or changed it who does not own that key. The peer that showed it should not be trusted.',
  });
}

function checkedSignature(value: unknown, what: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== SIGNATURE_BYTES)
    throw damaged(what, 'a torn signature');
  return value;
}
