import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVaultError } from '../../src/model/errors.ts';
import * as duty from '../../src/protocol/duty-methods.ts';
import { MAX_ACCUSED, MAX_SILENT } from '../../src/protocol/holder-duties.ts';
import { decodeMeta, encodeMeta, MAX_META_BYTES } from '../../src/protocol/meta.ts';
import * as methods from '../../src/protocol/methods.ts';

const all = [...Object.values(methods), ...Object.values(duty)].filter((value) => typeof value === 'object');

function codeOfDecoding(bytes: Uint8Array): string {
  try {
    decodeMeta(bytes);
    return 'fine';
  } catch (error) {
    return isVaultError(error) ? error.code : `not a VaultError: ${String(error)}`;
  }
}

describe('meta data', () => {
  it('survives the way there', () => {
    const meta = { vault: new Uint8Array(32), found: true, next: 5, heads: [{ next: 2 ** 40 }] };
    expect(decodeMeta(encodeMeta(meta))).toEqual(meta);
  });

  it.each([
    ['nothing', []],
    ['a number', [0x01]],
    ['a list', [0x80]],
    ['null', [0xf6]],
    ['two maps', [0xa0, 0xa0]],
    ['keys out of order', [0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x01]],
    ['a key twice', [0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x01]],
    ['a longer form of a number', [0xa1, 0x61, 0x61, 0x18, 0x01]],
    ['an indefinite length', [0xbf, 0xff]],
    ['a tag', [0xa1, 0x61, 0x61, 0xc1, 0x01]],
    ['a map that ends too early', [0xa5, 0x61]],
    ['a map of 2^53 items', [0xbb, 0, 0x20, 0, 0, 0, 0, 0, 0]],
    ['a string of 4 GiB', [0xa1, 0x61, 0x61, 0x5a, 0xff, 0xff, 0xff, 0xff, 1]],
  ])('is refused when it is %s (T1)', (_, bytes) => {
    expect(codeOfDecoding(Uint8Array.from(bytes))).toBe('bad-frame');
  });

  it('is refused when it nests 100,000 levels deep, without harm to the stack (T1)', () => {
    expect(codeOfDecoding(new Uint8Array(100_000).fill(0x81))).toBe('bad-frame');
  });

  it('never does anything but decode or say bad-frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(['fine', 'bad-frame']).toContain(codeOfDecoding(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the methods', () => {
  it('have each a number and a name of their own', () => {
    expect(new Set(all.map(({ number }) => number)).size).toBe(all.length);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('state bounds that no frame can overflow (T1)', () => {
    for (const { request, response } of all) {
      for (const { maxMetaBytes, maxPayloadBytes } of [request, response]) {
        expect(maxMetaBytes).toBeLessThanOrEqual(MAX_META_BYTES);
        expect(maxPayloadBytes).toBeLessThan(5 * 1024 * 1024);
      }
    }
  });

  it('refuse meta data without their fields', () => {
    const withFields = all.filter((method) => method.name !== 'ping' && method.name !== 'info');
    for (const { request } of withFields) expect(() => request.read({})).toThrow(/is not/);
    for (const value of [5, 'text', true, new Uint8Array(31), new Uint8Array(33), [], {}]) {
      expect(() => methods.logHeads.request.read({ vault: value })).toThrow('"vault" is not 32 bytes');
    }
  });

  it('take the largest list of heads within their bound', () => {
    const head = { device: new Uint8Array(32), next: Number.MAX_SAFE_INTEGER, hash: new Uint8Array(32) };
    const meta = { heads: Array.from({ length: methods.MAX_HEADS }, () => head) };
    expect(methods.logHeads.response.read(decodeMeta(encodeMeta(meta))).heads).toHaveLength(
      methods.MAX_HEADS,
    );
    expect(() => methods.logHeads.response.read({ heads: [...meta.heads, head] })).toThrow(/list of at most/);
    expect(() => methods.logHeads.response.read({ heads: [{ ...head, next: -1 }] })).toThrow(/whole number/);
    expect(() => methods.logHeads.response.read({ heads: [{ ...head, next: 2 ** 60 }] })).toThrow();
  });

  it('take the longest lists of members of a comparison within their bound, and none longer (T1)', () => {
    const [hash, name] = [new Uint8Array(32), 'z'.repeat(128)];
    const most = Number.MAX_SAFE_INTEGER;
    const meta = {
      known: true,
      members: hash,
      logs: hash,
      holdings: hash,
      declines: hash,
      accepting: true,
      missing: most,
      missingMs: most,
      unavailable: most,
      braked: true,
      accuses: Array.from({ length: MAX_ACCUSED }, () => name),
      silent: Array.from({ length: MAX_SILENT }, () => ({ peer: name, silentMs: most, lost: false })),
    };
    const { response } = duty.compare;
    expect(encodeMeta(meta).length).toBeLessThanOrEqual(response.maxMetaBytes);
    expect(response.read(decodeMeta(encodeMeta(meta)))).toEqual(meta);
    const broken = [
      { accuses: [...meta.accuses, name] },
      { accuses: [`${name}x`] },
      { accuses: [7] },
      { accuses: [''] },
      { accuses: ['\u001b[2J'] },
      { accuses: ['two words'] },
      { accuses: name },
      { silent: [...meta.silent, { peer: name, silentMs: 0, lost: true }] },
      { silent: [{ peer: name, silentMs: -1, lost: true }] },
      { silent: [{ peer: `${name}x`, silentMs: 1, lost: true }] },
      { silent: [{ peer: 'b\u00fcro', silentMs: 1, lost: true }] },
      { silent: [{ peer: name, silentMs: 1 }] },
      { unavailable: -1 },
      { braked: 1 },
      { declines: new Uint8Array(31) },
      { missing: 1.5 },
    ];
    for (const change of broken)
      expect(() => response.read({ ...meta, ...change })).toThrow(/is neither|is not/);
  });
});
