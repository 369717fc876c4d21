/** The name of sealed bytes: sha2-256, one shot (C5). */
import { hash } from 'node:crypto';
import type { Digest } from '../model/ids.ts';

export function digestOf(bytes: Uint8Array): Digest {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
