/** Several log entries in one payload: each behind its length, u32 big-endian. */
import { VaultError } from '../model/errors.ts';

const LENGTH_BYTES = 4;

/** What an entry takes in the list besides its own bytes. */
export function packedBytes(entries: readonly Uint8Array[]): number {
  return entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0);
}

export function packEntries(entries: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(packedBytes(entries));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint32(at, entry.length);
    out.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + entry.length;
  }
  return out;
}

/** Entries as copies of their own. Throws 'bad-frame' unless the lengths fit exactly. */
export function unpackEntries(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.length - at < LENGTH_BYTES ? 0 : view.getUint32(at);
    const start = at + LENGTH_BYTES;
    if (length === 0 || start + length > bytes.length) {
      throw new VaultError('bad-frame', 'a list of log entries is cut off or holds an empty one');
    }
    entries.push(bytes.slice(start, start + length));
    at = start + length;
  }
  return entries;
}
