/** The secret half of where files are cut: a keyed function of the bytes before a candidate, unpredictable from outside (C2). */
import type { VaultKeys } from './vault-keys.ts';

/** For the Chunker: the first 32 bits, big-endian, of BLAKE3 under the chunker key of the window. */
export function boundaryDecision(keys: Pick<VaultKeys, 'chunker'>): (window: Uint8Array) => number {
  const { chunker } = keys;
  return (window) => chunker.number(window);
}
