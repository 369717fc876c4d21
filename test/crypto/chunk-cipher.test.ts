/** Sealed chunks: one plain content, one name; nothing opens that was changed, cut, or meant for another use (C4, C5). */
import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openChunk, SEAL_OVERHEAD_BYTES, sealBody, sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { BodyFlag, compressBody, worthCompressing } from '../../src/crypto/compress-body.ts';
import { digestOf } from '../../src/crypto/digest.ts';
import { padmeLength } from '../../src/crypto/padme.ts';
import {
  bytesOfContentKeys,
  contentKeysOf,
  deriveVaultKeys,
  scopeSecret,
  type VaultKeys,
} from '../../src/crypto/vault-keys.ts';
import { MAX_PLAIN_BYTES, MAX_SEALED_BYTES } from '../../src/model/chunk-limits.ts';
import { COMPRESSIONS } from '../../src/model/compression.ts';
import { isVaultError } from '../../src/model/errors.ts';

const KEYS = deriveVaultKeys(new Uint8Array(32).fill(1));
const OTHER = deriveVaultKeys(new Uint8Array(32).fill(2));
const TEXT = new TextEncoder().encode('all work and no play makes jack a dull boy\n'.repeat(2000));
const CORRUPT = expect.objectContaining({ code: 'corrupt' });
const plains = fc.uint8Array({ minLength: 1, maxLength: 5000 });

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32)
    bytes.set(digestOf(Uint8Array.of(at, at >> 8, at >> 16)).subarray(0, Math.min(32, length - at)), at);
  return bytes;
}

describe('a sealed chunk', () => {
  it('opens to what was sealed, for every kind, compressed or not (C4)', () => {
    fc.assert(
      fc.property(
        plains,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...COMPRESSIONS),
        (plain, kind, how) => {
          const sealed = sealChunk(KEYS, kind, plain, how);
          expect(openChunk(KEYS, kind, sealed.bytes)).toEqual(plain);
          expect(sealed.plainLength).toBe(plain.length);
        },
      ),
    );
  });

  it('is the same for the same content, and named by its own bytes (C5)', () => {
    const [a, b] = [sealChunk(KEYS, 1, TEXT), sealChunk(KEYS, 1, TEXT.slice())];
    expect(a.bytes).toEqual(b.bytes);
    expect(a.digest).toEqual(digestOf(a.bytes));
  });

  it('is another one in another vault, of another kind, or compressed otherwise (C4, C5)', () => {
    const seeds = [
      sealChunk(KEYS, 1, TEXT),
      sealChunk(KEYS, 2, TEXT),
      sealChunk(OTHER, 1, TEXT),
      sealChunk(KEYS, 1, TEXT, 'off'),
      sealBody(KEYS, 1, {
        flags: BodyFlag.zstd,
        plainLength: TEXT.length,
        bytes: zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
      }),
    ].map(({ bytes }) => Buffer.from(bytes.subarray(1, 33)).toString('hex'));
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('does not open for another vault or as another kind (C4)', () => {
    const { bytes } = sealChunk(KEYS, 1, TEXT);
    expect(() => openChunk(OTHER, 1, bytes)).toThrow(CORRUPT);
    expect(() => openChunk(KEYS, 2, bytes)).toThrow(CORRUPT);
  });

  it('does not open when any byte is changed, or some are missing or added', () => {
    const { bytes } = sealChunk(KEYS, 1, new TextEncoder().encode('short'));
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openChunk(KEYS, 1, changed)).toThrow();
      expect(() => openChunk(KEYS, 1, bytes.subarray(0, at))).toThrow();
    }
    expect(() => openChunk(KEYS, 1, Uint8Array.of(...bytes, 0))).toThrow(CORRUPT);
  });

  it('throws VaultError only, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, versioned) => {
        if (versioned && bytes.length > 0) bytes[0] = 1;
        try {
          openChunk(KEYS, 1, bytes);
          return false;
        } catch (error) {
          return isVaultError(error, 'corrupt', 'unsupported-version');
        }
      }),
    );
  });

  it('does not inflate further than its header says, and never over 4 MiB', () => {
    const bomb = zstdCompressSync(new Uint8Array(64 << 20));
    for (const plainLength of [bomb.length, MAX_PLAIN_BYTES]) {
      const sealed = sealBody(KEYS, 1, { flags: BodyFlag.zstd, plainLength, bytes: bomb });
      expect(() => openChunk(KEYS, 1, sealed.bytes)).toThrow(CORRUPT);
    }
  });

  it('holds up to 4 MiB within the largest sealed size, and refuses more', () => {
    const { bytes } = sealChunk(KEYS, 1, noise(MAX_PLAIN_BYTES));
    expect(bytes.length).toBeLessThanOrEqual(MAX_SEALED_BYTES);
    expect(openChunk(KEYS, 1, bytes).length).toBe(MAX_PLAIN_BYTES);
    expect(() => sealChunk(KEYS, 1, new Uint8Array(MAX_PLAIN_BYTES + 1))).toThrow();
    expect(() => openChunk(KEYS, 1, new Uint8Array(MAX_SEALED_BYTES + 1).fill(1))).toThrow(CORRUPT);
  });

  it('has a Padmé length, so that its size says little (C2)', () => {
    fc.assert(
      fc.property(plains, (plain) => {
        const { length } = sealChunk(KEYS, 1, plain, 'off').bytes;
        expect(padmeLength(length)).toBe(length);
        expect(length).toBe(padmeLength(plain.length + SEAL_OVERHEAD_BYTES));
      }),
    );
  });
});

describe('Padmé lengths', () => {
  it('never shorten, never add more than 12%, and never fall', () => {
    let last = 0;
    for (let length = 1; length <= 70_000; length++) {
      const padded = padmeLength(length);
      expect(padded >= length && padded <= length * 1.12 && padded >= last).toBe(true);
      last = padded;
    }
  });
});

describe('compression', () => {
  it('is skipped where a sample says it does not pay (C4)', () => {
    expect(worthCompressing(noise(1 << 20))).toBe(false);
    expect(worthCompressing(TEXT)).toBe(true);
    expect(compressBody(noise(1 << 20)).flags).toBe(BodyFlag.raw);
    expect(compressBody(TEXT).flags).toBe(BodyFlag.zstd);
    expect(sealChunk(KEYS, 1, TEXT).bytes.length).toBeLessThan(TEXT.length / 20);
  });

  it('keeps the raw form when zstd would be longer', () => {
    expect(compressBody(noise(100)).flags).toBe(BodyFlag.raw);
  });
});

describe('a chunk of a scope', () => {
  const scope = new Uint8Array(16).fill(9);
  const secret = scopeSecret(KEYS, scope);
  const device: VaultKeys = { vault: KEYS.vault, ...contentKeysOf(secret, scope) };
  const strange = new Uint8Array(16).fill(8);
  const stranger: VaultKeys = { vault: KEYS.vault, ...contentKeysOf(scopeSecret(KEYS, strange), strange) };
  const DENIED = expect.objectContaining({ code: 'denied' });

  it('opens for its device and for the owner, and for no other device (C1)', () => {
    fc.assert(
      fc.property(plains, fc.integer({ min: 1, max: 5 }), (plain, kind) => {
        const { bytes } = sealChunk(device, kind, plain);
        expect(openChunk(device, kind, bytes)).toEqual(plain);
        expect(openChunk(KEYS, kind, bytes)).toEqual(plain);
        expect(() => openChunk(stranger, kind, bytes)).toThrow(DENIED);
        expect(() => openChunk(OTHER, kind, bytes)).toThrow(CORRUPT);
        expect(() => openChunk(device, kind, sealChunk(KEYS, kind, plain).bytes)).toThrow(DENIED);
        expect(padmeLength(bytes.length)).toBe(bytes.length);
      }),
    );
  });

  it('tells its scope and nothing else, which cannot be changed to another', () => {
    const { bytes } = sealChunk(device, 1, TEXT);
    expect(bytes[0]).toBe(3);
    expect(bytes.subarray(1, 17)).toEqual(scope);
    const moved = bytes.slice();
    moved.set(strange, 1);
    expect(() => openChunk(KEYS, 1, moved)).toThrow(CORRUPT);
    expect(() => openChunk(device, 1, bytes.subarray(0, 70))).toThrow(CORRUPT);
    const flipped = bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
    expect(() => openChunk(device, 1, flipped)).toThrow(CORRUPT);
  });

  it('is sealed by keys from which those of the vault and of other scopes do not follow', () => {
    const parts = [secret, scopeSecret(KEYS, strange), bytesOfContentKeys(KEYS)].flatMap((bytes) =>
      [0, 1, 2, 3].map((place) => Buffer.from(bytes.subarray(place * 32, place * 32 + 32)).toString('hex')),
    );
    expect(new Set(parts).size).toBe(12);
    expect(bytesOfContentKeys(device)).toEqual(secret);
    expect(device.secret ?? device.signPrivate).toBeUndefined();
  });

  it('holds up to 4 MiB within the largest sealed size', () => {
    expect(sealChunk(device, 1, noise(MAX_PLAIN_BYTES), 'off').bytes.length).toBeLessThanOrEqual(
      MAX_SEALED_BYTES,
    );
  });

  it('of very many made-up scopes costs no memory', () => {
    const { bytes } = sealChunk(device, 1, TEXT);
    for (let n = 0; n < 200; n++) {
      const moved = bytes.slice();
      moved[1] = n;
      moved[2] = n ^ 255;
      expect(() => openChunk(KEYS, 1, moved)).toThrow(CORRUPT);
    }
    expect(openChunk(KEYS, 1, bytes)).toEqual(TEXT);
  });
});
