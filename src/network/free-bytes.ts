/** Memory of bytes from the network: given back at once instead of at the next garbage collection, and never held for a small part of it. */

/** Below this the collector does not notice. */
const WORTH_BYTES = 4096;

/**
 * The buffer is empty afterwards: only for its sole owner. One that shares its memory with others is left alone. Large buffers that are left
 * to the garbage collector make it run all the time: that cost more than all the rest of a transfer.
 */
export function freeBytes(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (bytes.length < WORTH_BYTES || bytes.length !== buffer.byteLength || !(buffer instanceof ArrayBuffer))
    return;
  buffer.transfer(0);
}

/** The same bytes, for keeping: a copy when they would hold far more memory than their own. */
export function keptBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
}
