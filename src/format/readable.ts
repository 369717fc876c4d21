/** Nothing is written that could not be read again: every encoder asks its own decoder before it lets bytes go (C7). */
import { VaultError } from '../model/errors.ts';

/** Returns `bytes` when `decode` accepts them. Throws 'usage', naming the field that is out of bounds. */
export function readable(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): Uint8Array {
  try {
    decode(bytes);
    return bytes;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VaultError('usage', `this cannot be stored: ${why}`, { cause });
  }
}

/** In place of a signature check, where the signature was made a moment ago. */
export function trusted(): boolean {
  return true;
}
