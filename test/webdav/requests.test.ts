import { describe, expect, it } from 'vitest';
import { parseRange } from '../../src/webdav/byte-range.ts';
import { httpDate, isoDate } from '../../src/webdav/dav-date.ts';
import type { DavEntry } from '../../src/webdav/dav-entry.ts';
import { hrefOf, parseTarget } from '../../src/webdav/dav-path.ts';
import { isSecret, strangerIn } from '../../src/webdav/guard.ts';
import { depthOf, methodOf } from '../../src/webdav/methods.ts';
import { checkPreconditions, rangeStillFits } from '../../src/webdav/preconditions.ts';

const FILE: DavEntry = {
  name: 'a',
  folder: false,
  size: 10,
  modifiedMs: Date.UTC(2026, 10, 27, 14, 58, 43, 900),
  etag: 'tag',
};

describe('the path of a request', () => {
  it.each([
    ['/s/a%20b/%C3%A9', ['s', 'a b', 'é'], false],
    ['/s//a/', ['s', 'a'], true],
    ['/', [], true],
    ['http://127.0.0.1:80/s/a?tar#x', ['s', 'a'], false],
  ])('%s becomes names', (url, names, slash) => {
    expect(parseTarget(url)).toMatchObject({ names, slash });
  });

  it.each(['', 'a', '*', '/a/../b', '/a/%2e%2e/b', '/a%2fb', '/%00', '/%', '/%ff', `/${'a'.repeat(40_000)}`])(
    'is refused: %s',
    (url) => {
      expect(parseTarget(url)).toBeUndefined();
    },
  );

  it('is written with everything encoded that a client could read otherwise', () => {
    const names = ['s', "it's 100% #1? <&> (é)", 'x'];
    expect(hrefOf(names, true)).toBe('/s/it%27s%20100%25%20%231%3F%20%3C%26%3E%20%28%C3%A9%29/x/');
    expect(parseTarget(hrefOf(names, false))?.names).toEqual(names);
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-3', { start: 0, end: 4 }],
    ['bytes=4-', { start: 4, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-99', { start: 0, end: 10 }],
    ['bytes=9-99', { start: 9, end: 10 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-3', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined],
    ['bytes=-', undefined],
    [undefined, undefined],
  ])('%s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });
});

describe('a condition', () => {
  it.each([
    [{ 'if-none-match': '"tag"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"tag", "b"' }, 'not-modified'],
    [{ 'if-none-match': '"b"' }, 'send'],
    [{ 'if-none-match': '"b"', 'if-modified-since': httpDate(FILE.modifiedMs) }, 'send'],
    [{ 'if-modified-since': httpDate(FILE.modifiedMs) }, 'not-modified'],
    [{ 'if-modified-since': httpDate(FILE.modifiedMs - 1000) }, 'send'],
    [{ 'if-modified-since': 'nonsense' }, 'send'],
    [{ 'if-match': '"b"' }, 'failed'],
    [{ 'if-match': '*' }, 'send'],
    [{ 'if-unmodified-since': httpDate(FILE.modifiedMs - 1000) }, 'failed'],
    [{}, 'send'],
  ])('%o', (headers, verdict) => {
    expect(checkPreconditions(headers, FILE)).toBe(verdict);
  });

  it('of a range holds for the same version of the file only', () => {
    expect(rangeStillFits({ 'if-range': '"tag"' }, FILE)).toBe(true);
    expect(rangeStillFits({ 'if-range': '"other"' }, FILE)).toBe(false);
    expect(rangeStillFits({ 'if-range': httpDate(FILE.modifiedMs) }, FILE)).toBe(true);
    expect(rangeStillFits({}, FILE)).toBe(true);
  });
});

describe('who asks', () => {
  it.each([
    [{ host: '127.0.0.1:4000' }],
    [{ host: 'LOCALHOST:4000' }],
    [{ host: '127.0.0.1:4000', origin: 'http://127.0.0.1:4000', 'sec-fetch-site': 'same-origin' }],
  ])('may: %o', (headers) => {
    expect(strangerIn(headers, 4000)).toBeUndefined();
  });

  it.each([
    [{}],
    [{ host: 'evil.example:4000' }],
    [{ host: '127.0.0.1:4001' }],
    [{ host: '127.0.0.1:4000', origin: 'https://evil.example' }],
    [{ host: '127.0.0.1:4000', origin: 'null' }],
    [{ host: '127.0.0.1:4000', 'sec-fetch-site': 'cross-site' }],
  ])('may not: %o', (headers) => {
    expect(strangerIn(headers, 4000)).toBeTypeOf('string');
  });

  it('must know the whole secret', () => {
    expect(isSecret('abc', 'abc')).toBe(true);
    for (const wrong of [undefined, '', 'ab', 'abcd', 'ABC']) expect(isSecret(wrong, 'abc')).toBe(false);
  });
});

it('serves four methods, and says to every other that nothing can be changed', () => {
  for (const method of ['OPTIONS', 'GET', 'HEAD', 'PROPFIND']) expect(methodOf(method)).toBe(method);
  for (const method of ['PUT', 'DELETE', 'MKCOL', 'MOVE', 'COPY', 'PROPPATCH', 'POST', 'PATCH']) {
    expect(methodOf(method)).toMatchObject({
      status: 403,
      text: expect.stringContaining('read-only') as string,
    });
  }
  for (const method of ['LOCK', 'UNLOCK', 'REPORT', 'TRACE'])
    expect(methodOf(method)).toMatchObject({ status: 405 });
});

it('takes a missing depth for infinity (RFC 4918, 10.2)', () => {
  expect([undefined, '0', '1', 'Infinity', '2'].map(depthOf)).toEqual([
    'infinity',
    0,
    1,
    'infinity',
    undefined,
  ]);
});

it('writes times that every client can read, also those of strange files', () => {
  expect(httpDate(Date.UTC(2026, 10, 27, 14, 58, 43))).toBe('Fri, 27 Nov 2026 14:58:43 GMT');
  expect(isoDate(-1)).toBe('1970-01-01T00:00:00Z');
  expect(httpDate(Number.MAX_SAFE_INTEGER)).toContain('9999');
});
