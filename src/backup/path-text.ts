/** A raw path as text for people and JSON: UTF-8 as it is, every byte that is none as \xNN. */
import { isUtf8 } from 'node:buffer';

export function pathText(path: Uint8Array): string {
  const bytes = Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length > 0) text += bytes.toString('utf8', at, at + length);
    else text += `\\x${bytes.toString('hex', at, at + 1)}`;
    at += Math.max(length, 1);
  }
  return text;
}

/** Bytes of the valid UTF-8 character at `at`, or 0. */
export function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
