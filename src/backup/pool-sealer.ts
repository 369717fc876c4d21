/** A Sealer whose compression runs on Node's thread pool, a few chunks at a time; the same bytes as the inline one makes. */
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { sealBody } from '../crypto/chunk-cipher.ts';
import { rawBody, smallerBody, worthCompressing, zstdOptions } from '../crypto/compress-body.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { Sealer } from './sealer.ts';

const compress = promisify(zstdCompress);

/** The pool has four threads; each chunk in work holds its plain and its compressed bytes. */
const AT_ONCE = 4;

export function poolSealer(keys: VaultKeys, atOnce: number = AT_ONCE): Sealer {
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async (): Promise<void> => {
    if (running < atOnce) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
  return {
    seal: async (kind, plain) => {
      if (!worthCompressing(plain)) return sealBody(keys, kind, rawBody(plain));
      await enter();
      try {
        const compressed = await compress(plain, zstdOptions(plain.length));
        return sealBody(keys, kind, smallerBody(plain, compressed));
      } finally {
        leave();
      }
    },
  };
}
