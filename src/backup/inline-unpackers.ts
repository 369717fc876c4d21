/** Unpackers without threads: everything is done by the time a call returns, as small tests want it and other systems may need it. */

import type { OpeningKeys } from '../crypto/vault-keys.ts';
import type { WriterOptions } from './small-file-writer.ts';
import { UnpackHand } from './unpack-hand.ts';
import type { Unpackers } from './unpackers.ts';

export function inlineUnpackers(keys: OpeningKeys, options: WriterOptions): Unpackers {
  const hand = new UnpackHand(keys, options);
  return {
    bundle: async (job) => hand.bundle(job),
    piece: async (job) => hand.piece(job),
    compare: async (job) => hand.compare(job),
    close: async () => undefined,
  };
}
