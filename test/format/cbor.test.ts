/** One encoding per value, and no work beyond the bytes that are there (C6, C7). */
import { decode } from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor, encodeCbor } from '../../src/format/cbor.ts';
import { fromHex } from '../../src/model/bytes.ts';
import { isVaultError } from '../../src/model/errors.ts';

const BOUNDS = { what: 'thing', maxBytes: 1 << 20 };

function faultOf(bytes: Uint8Array): string {
  try {
    decodeCbor(bytes, BOUNDS);
    return 'none';
  } catch (error) {
    return isVaultError(error, 'corrupt') ? error.message : 'another error';
  }
}

const BAD: readonly (readonly [string, string, string])[] = [
  ['nothing at all', '', 'ends too early'],
  ['a second value behind the first', '0101', 'bytes too many'],
  ['a number in more bytes than it needs', '1801', ''],
  ['a length in more bytes than it needs', '580101', ''],
  ['an indefinite array', '9f01ff', 'indefinite'],
  ['a reserved length', '1c', 'indefinite or reserved'],
  ['a tag', 'c001', 'type that this format does not use'],
  ['a float', 'fb3ff8000000000000', 'type that this format does not use'],
  ['undefined', 'f7', 'type that this format does not use'],
  ['map keys that are numbers', 'a10101', 'not text'],
  ['map keys out of order', 'a2616201616102', 'out of order'],
  ['map keys twice', 'a2616101616102', 'out of order'],
  ['text that is not UTF-8', '62c328', 'not UTF-8'],
  ['a text longer than the bytes', '7a7fffffff41', 'ends too early'],
  ['an array longer than the bytes', '9b0000000100000000', 'ends too early'],
  ['a map longer than the bytes', 'ba7fffffff6161', 'ends too early'],
];

/** Values of our formats, deeper and wider than any of them. */
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(fc.string({ maxLength: 12 }), tie('value'), { maxKeys: 30, noNullPrototype: true }),
  ),
}));

describe('DAG-CBOR decoding', () => {
  it.each(BAD)('refuses %s', (_, hex, message) => {
    expect(faultOf(fromHex(hex) ?? new Uint8Array())).toMatch(new RegExp(`^damaged thing: .*${message}`));
  });

  it('refuses 100,000 nested arrays without reaching a recursive decoder', () => {
    expect(faultOf(new Uint8Array(100_000).fill(0x81))).toContain('nested too deep');
  });

  it('refuses what is over its bound before looking at it', () => {
    expect(faultOf(new Uint8Array((1 << 20) + 1))).toContain('at most');
  });

  it('reads what it writes, numbers at the edges included', () => {
    const value = {
      a: [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32, -1, 18446744073709551615n],
      b: null,
      c: true,
    };
    expect(decodeCbor(encodeCbor(value, BOUNDS), BOUNDS)).toEqual(value);
  });

  it('reads whatever is written, as the library that wrote it does', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encodeCbor(value, BOUNDS);
        const read = decodeCbor(bytes, BOUNDS);
        expect(read).toEqual(value);
        expect(read).toEqual(decode(bytes));
      }),
    );
  });

  it('accepts no second encoding of any value: what it accepts is written in the same bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(values, changes, (value, changed) => {
        const bytes = encodeCbor(value, BOUNDS);
        for (const [at, byte] of changed) if (at < bytes.length) bytes[at] = byte;
        if (faultOf(bytes) === 'none') expect(encodeCbor(decodeCbor(bytes, BOUNDS), BOUNDS)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives byte strings memory of their own, also from a Buffer', () => {
    const buffer = Buffer.from([0x43, 1, 2, 3]);
    const read = decodeCbor(buffer, BOUNDS) as Uint8Array;
    buffer.fill(0);
    expect(read).toEqual(Uint8Array.of(1, 2, 3));
    expect(Buffer.isBuffer(read)).toBe(false);
  });

  it('keeps a key named __proto__ out of the prototype', () => {
    const bytes = fromHex('a1695f5f70726f746f5f5fa1616101') ?? new Uint8Array();
    const value = decodeCbor(bytes, BOUNDS) as object;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect('a' in value).toBe(false);
  });
});
