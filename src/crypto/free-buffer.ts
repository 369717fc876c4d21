/** Gives memory back at once that nobody looks at any more: waiting for the garbage collector costs a hundred megabytes at full speed (T4). */

/** `bytes` must have its buffer for itself; it is empty afterwards. What lies in the pool of small buffers stays. */
export function freeBuffer({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
