/** BLAKE3 under a key: what recognises content and what keys are made of (C4, C5). Native where this machine has it, the same in JavaScript elsewhere. */
import { blake3 } from '@noble/hashes/blake3.js';
import { nativePackage } from './native-package.ts';

/** The part of @napi-rs/blake-hash that is used. */
interface NativeHasher {
  reset(): void;
  update(input: Uint8Array): unknown;
  digest(format: 'hex'): string;
}

interface Native {
  readonly Blake3Hasher: { newKeyed(key: Buffer): NativeHasher };
}

const nativeBlake = (): Native | undefined => nativePackage('@napi-rs/blake-hash');

/** One key's hash. Keeps its hasher: making one costs more than hashing a small file. */
export class KeyedHash {
  /** 32 bytes. */
  readonly key: Uint8Array;
  #hasher: NativeHasher | undefined;

  /** `key` has 32 bytes. `use` is for tests. */
  constructor(key: Uint8Array, use: 'native' | 'javascript' = 'native') {
    this.key = new Uint8Array(key);
    if (use === 'native') this.#hasher = nativeBlake()?.Blake3Hasher.newKeyed(Buffer.from(this.key));
  }

  /** 32 bytes, of `parts` laid end to end. */
  of(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const hasher = this.#hasher;
    if (!hasher) return slowly(this.key, parts);
    hasher.reset();
    for (const part of parts) hasher.update(part);
    return new Uint8Array(Buffer.from(hasher.digest('hex'), 'hex')); // text costs less here than a Buffer from native code
  }

  /** The first 32 bits, big-endian. */
  number(bytes: Uint8Array): number {
    const hasher = this.#hasher;
    if (!hasher) return Buffer.from(slowly(this.key, [bytes])).readUInt32BE(0);
    hasher.reset();
    hasher.update(bytes);
    return Number.parseInt(hasher.digest('hex').slice(0, 8), 16);
  }
}

function slowly(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hasher = blake3.create({ key });
  for (const part of parts) hasher.update(part);
  return new Uint8Array(hasher.digest());
}
