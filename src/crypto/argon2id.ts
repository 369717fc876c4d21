/**
 * Argon2id (RFC 9106): natively on several threads where this machine has the package, by Node's own OpenSSL elsewhere. Node's takes its
 * 64 MiB page by page from the system and computes on one thread: ten times as long, in every command that asks for the passphrase.
 */
import { argon2, argon2Sync } from 'node:crypto';
import { KEY_BYTES } from '../model/ids.ts';
import { nativePackage } from './native-package.ts';

/** What the key of 32 bytes is made of. */
export interface Argon2idInput {
  readonly message: Uint8Array;
  readonly salt: Uint8Array;
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

interface NativeOptions {
  readonly algorithm: number;
  readonly version: number;
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  readonly outputLen: number;
  readonly salt: Uint8Array;
}

/** The part of @node-rs/argon2 that is used. */
interface Native {
  hashRaw(message: Uint8Array, options: NativeOptions): Promise<Uint8Array>;
  hashRawSync(message: Uint8Array, options: NativeOptions): Uint8Array;
}

/** Its numbers for argon2id, and for version 0x13. */
const ARGON2ID = 2;
const VERSION_13 = 1;

const nativeArgon2 = (): Native | undefined => nativePackage('@node-rs/argon2');

/** On threads beside this one, which loads code and reads files meanwhile. `use` is for tests. */
export async function argon2id(input: Argon2idInput, use: 'native' | 'node' = 'native'): Promise<Uint8Array> {
  const library = use === 'native' ? nativeArgon2() : undefined;
  if (library) return new Uint8Array(await library.hashRaw(input.message, nativeOptions(input)));
  return await new Promise((resolve, reject) => {
    argon2('argon2id', nodeOptions(input), (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}

/** While this thread waits. */
export function argon2idSync(input: Argon2idInput): Uint8Array {
  const library = nativeArgon2();
  return new Uint8Array(
    library
      ? library.hashRawSync(input.message, nativeOptions(input))
      : argon2Sync('argon2id', nodeOptions(input)),
  );
}

function nativeOptions({ salt, memoryKiB, passes, parallelism }: Argon2idInput): NativeOptions {
  return {
    algorithm: ARGON2ID,
    version: VERSION_13,
    memoryCost: memoryKiB,
    timeCost: passes,
    parallelism,
    outputLen: KEY_BYTES,
    salt,
  };
}

function nodeOptions({
  message,
  salt,
  memoryKiB,
  passes,
  parallelism,
}: Argon2idInput): Parameters<typeof argon2Sync>[1] {
  return { message, nonce: salt, memory: memoryKiB, passes, parallelism, tagLength: KEY_BYTES };
}
