import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import { rawNames, shownName } from '../../src/webdav/shown-name.ts';

const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const name = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map(utf8),
  // What could be taken for a mark.
  fc
    .array(fc.constantFrom('\ufffd', '4', '1', 'F', 'é'), { minLength: 1, maxLength: 8 })
    .map((parts) => utf8(parts.join(''))),
);

describe('names of files as clients see them', () => {
  it.each([
    [utf8('naïve – ünï.txt'), 'naïve – ünï.txt'],
    [raw(0x63, 0x61, 0x66, 0xe9), 'caf\ufffdE9'],
    [utf8('two\nlines'), 'two\ufffd0Alines'],
    [utf8('a\uffffb'), 'a\ufffdEF\ufffdBF\ufffdBFb'],
  ])('are text, with marks for what is none', (bytes, shown) => {
    expect(shownName(bytes)).toBe(shown);
  });

  it('come back to exactly the bytes they were made of, whatever these are', () => {
    fc.assert(
      fc.property(name, (bytes) => {
        expect(rawNames(shownName(bytes))[0]).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('hold nothing that XML cannot carry', () => {
    fc.assert(
      fc.property(name, (bytes) => {
        expect(shownName(bytes)).not.toMatch(/[\p{Cc}\ufffe\uffff\p{Cs}]/u);
      }),
    );
  });

  it('are also found in the other form of Unicode, as macOS sends them', () => {
    const composed = 'é';
    const found = rawNames(composed.normalize('NFD')).map((bytes) => Buffer.from(bytes).toString());
    expect(found).toContain(composed.normalize('NFC'));
  });
});
