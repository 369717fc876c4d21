/** Chance of the operating system: fit for keys. */
import { randomBytes } from 'node:crypto';
import type { Random } from './random.ts';

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => Math.random(),
};
