/** What holds for every stored format: what is written is read back, and no bytes whatever do more harm than a VaultError (C7). */
import { encode } from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/model/bytes.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { ROWS } from './formats.ts';

/** Decodes; anything thrown must be one of the codes a decoder may throw. */
function tryDecode(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (!isVaultError(error, 'corrupt', 'unsupported-version', 'forgery', 'bad-ticket', 'bad-invitation'))
      throw error;
    return false;
  }
}

/** The values that break careless decoders: wrong types everywhere, odd keys, numbers at the edges. */
const anyCbor: fc.Arbitrary<Uint8Array> = fc
  .anything({
    key: fc.constantFrom('v', 'n', 't', 'c', 'vault', 'adds', '__proto__', 'constructor', 'x'),
    values: [
      fc.constantFrom(0, 1, -1, 2 ** 32, Number.MAX_SAFE_INTEGER, null, true, '', 'a', 1.5),
      fc.uint8Array({ maxLength: 40 }),
      fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }),
    ],
    maxDepth: 4,
  })
  .filter((value) => value !== undefined)
  .map((value) => {
    try {
      return new Uint8Array(encode(value));
    } catch {
      return new Uint8Array(0);
    }
  });

describe.each(ROWS)('the format of a $name', ({ samples, decode }) => {
  it('reads back what it writes (C7)', () => {
    fc.assert(
      fc.property(samples, ({ value, bytes }) => {
        expect(decode(bytes)).toEqual(value);
      }),
    );
  });

  it('throws VaultError only, for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void tryDecode(decode, bytes)));
  });

  it('throws VaultError only, for any DAG-CBOR value, alone or as a signed body', () => {
    const signed = anyCbor.map((body) => new Uint8Array(encode([body, new Uint8Array(64)])));
    const page = anyCbor.map((node) => concatBytes(Uint8Array.of(0x82, 1, 0x81), node));
    fc.assert(fc.property(fc.oneof(anyCbor, signed, page), (bytes) => void tryDecode(decode, bytes)));
  });

  it('refuses a good encoding that is cut short or continued', () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), ({ bytes }, at, more) => {
        expect(tryDecode(decode, bytes.subarray(0, at % bytes.length))).toBe(false);
        expect(
          tryDecode(
            decode,
            concatBytes(
              bytes,
              more.map((byte) => byte | 0x81), // in the text of a ticket no letter, and no space (0xa0 is one)
            ),
          ),
        ).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('survives a good encoding with bytes changed, and then reads it as another value or not at all', () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ value, bytes }, at, flip) => {
        const changed = bytes.slice();
        changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ flip;
        if (tryDecode(decode, changed)) {
          const same = Buffer.from(changed).toString('latin1').toLowerCase();
          if (same !== Buffer.from(bytes).toString('latin1')) expect(decode(changed)).not.toEqual(value);
        }
      }),
    );
  });
});
