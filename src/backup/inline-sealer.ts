/** A Sealer that does its work at once on the calling thread: deterministic, for simulations and small tests (S2). */
import { sealChunk } from '../crypto/chunk-cipher.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { Sealer } from './sealer.ts';

export function inlineSealer(keys: VaultKeys): Sealer {
  return { seal: async (kind, plain) => sealChunk(keys, kind, plain) };
}
