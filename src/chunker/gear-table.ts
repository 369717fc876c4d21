/** The public table of the gear hash: 256 random-looking words, the same in every implementation (C2). */
import { hash } from 'node:crypto';

/** Word i: the first four bytes, big-endian, of sha2-256("vault-mesh-gear-1" | byte i). */
export const GEAR_TABLE: Int32Array = Int32Array.from({ length: 256 }, (_, byte) =>
  hash('sha256', Buffer.concat([Buffer.from('vault-mesh-gear-1'), Buffer.of(byte)]), 'buffer').readInt32BE(0),
);
