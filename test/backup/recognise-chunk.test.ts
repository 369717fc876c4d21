/** Recognising the bytes of a chunk that is not at hand. */
import { expect, it } from 'vitest';
import { ChunkRecogniser } from '../../src/backup/recognise-chunk.ts';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { contentKeysOf, deriveVaultKeys, scopeSecret } from '../../src/crypto/vault-keys.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { utf8 } from '../../src/model/bytes.ts';
import type { Compression } from '../../src/model/compression.ts';

const keys = deriveVaultKeys(new Uint8Array(32).fill(7));
const plainOf = (number: number): Uint8Array => utf8(`${number} `.repeat(3000));
const sealed = (number: number, how: Compression) =>
  sealChunk(keys, ChunkKind.content, plainOf(number), how).digest;

it.each(['auto', 'off', 'fast', 'better'] as const)(
  'knows the bytes of a chunk sealed with %s from others',
  (how) => {
    const recogniser = new ChunkRecogniser(keys);
    for (let i = 0; i < 12; i++) {
      expect(recogniser.matches(plainOf(i), sealed(i, how))).toBe(true);
      expect(recogniser.matches(plainOf(i + 1), sealed(i, how))).toBe(false);
    }
  },
);

it('says no to what a device of another scope has sealed, and tries it only a few times', () => {
  const scope = new Uint8Array(16).fill(1);
  const scoped = contentKeysOf(scopeSecret(keys, scope), scope);
  const recogniser = new ChunkRecogniser(keys);
  const { digest } = sealChunk(scoped, ChunkKind.content, plainOf(1));
  for (let i = 0; i < 8; i++) expect(recogniser.matches(plainOf(1), digest)).toBe(false);
  expect(recogniser.matches(plainOf(1), sealed(1, 'auto'))).toBe(false);
  expect(new ChunkRecogniser(keys).matches(new Uint8Array(), digest)).toBe(false);
});
