/** Consecutive entries of one device's log in one file of an export: a CBOR list of the entries' bytes (X4). */
import { MiB } from '../model/units.ts';
import { type CborBounds, damaged, decodeCbor, encodeCbor } from './cbor.ts';
import { MAX_ENTRY_BYTES } from './log-entry.ts';

/** A segment is full when its entries have so many bytes. */
export const FULL_SEGMENT_BYTES: number = 4 * MiB;
/** Full but for one byte, and one entry more, with their heads. */
export const MAX_SEGMENT_BYTES: number = FULL_SEGMENT_BYTES + MAX_ENTRY_BYTES + MiB;

const BOUNDS: CborBounds = { what: 'log segment', maxBytes: MAX_SEGMENT_BYTES };

export function encodeSegment(entries: readonly Uint8Array[]): Uint8Array {
  return encodeCbor(entries, BOUNDS);
}

/** At least one; none of them is verified. Throws 'corrupt'. */
export function decodeSegment(bytes: Uint8Array): readonly Uint8Array[] {
  const entries = decodeCbor(bytes, BOUNDS);
  if (!Array.isArray(entries) || entries.length === 0) throw damaged(BOUNDS.what, 'not a list of entries');
  return entries.map((entry: unknown) => {
    if (entry instanceof Uint8Array && entry.length > 0 && entry.length <= MAX_ENTRY_BYTES) return entry;
    throw damaged(BOUNDS.what, 'something else than an entry in it');
  });
}
