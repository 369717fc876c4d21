/** The secret half of where files are cut: a keyed function of the bytes before a candidate, unpredictable from outside (C2). */
import { createHmac } from 'node:crypto';
import type { VaultKeys } from './vault-keys.ts';

/** For the Chunker: the first 32 bits, big-endian, of HMAC-SHA256(chunker key, window). */
export function boundaryDecision(keys: Pick<VaultKeys, 'chunker'>): (window: Uint8Array) => number {
  const key = keys.chunker;
  return (window) => createHmac('sha256', key).update(window).digest().readUInt32BE(0);
}
