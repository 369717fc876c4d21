/** Incompressible bytes that are the same in every run: an AES key stream, written to a file slice by slice. */
import { createCipheriv } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { MiB } from '../../../src/model/units.ts';

/** 00 01 02 ... 1f, which `openssl enc -aes-256-ctr` takes too. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const SLICE = 16 * MiB;

/** `variant` gives another stream. */
export function noise(variant = 0): (length: number) => Uint8Array {
  const start = Buffer.alloc(16);
  start.writeUInt32BE(variant); // far apart: the counter counts from the other end
  const cipher = createCipheriv('aes-256-ctr', KEY, start);
  return (length) => cipher.update(Buffer.alloc(length));
}

export function writeNoise(file: string, bytes: number, variant = 0): void {
  const next = noise(variant);
  const to = openSync(file, 'w');
  for (let left = bytes; left > 0; left -= SLICE) writeSync(to, next(Math.min(left, SLICE)));
  closeSync(to);
}
