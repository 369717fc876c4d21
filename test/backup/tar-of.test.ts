import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TarEntry, tarOf } from '../../src/backup/tar-of.ts';
import { tarRecords } from '../../src/backup/tar-records.ts';
import type { FileNode, LinkNode } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { VaultError } from '../../src/model/errors.ts';

const FILE: FileNode = {
  type: 'file',
  name: utf8('a'),
  mode: 0o4755,
  uid: 4_000_000_000,
  gid: 7,
  user: 'üser',
  mtime: { seconds: 1, nanoseconds: 5 },
  ctime: { seconds: 0, nanoseconds: 0 },
  inode: 1n,
  size: 3,
  content: [],
  indirect: false,
  sparse: false,
};

/** Keyword (Latin-1) to value; throws when a length is wrong. */
function parsed(bytes: Uint8Array): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(' ', at);
    const length = Number(buffer.toString('latin1', at, space));
    const record = buffer.subarray(space + 1, at + length);
    if (!(length > 0) || record.at(-1) !== 0x0a) throw new Error(`a record of wrong length at ${at}`);
    const sign = record.indexOf('=');
    found.set(record.toString('latin1', 0, sign), record.subarray(sign + 1, -1));
    at += length;
  }
  return found;
}

const text = (records: Map<string, Buffer>, keyword: string): string | undefined =>
  records.get(keyword)?.toString();

async function tar(entries: readonly TarEntry[], content = utf8('abc')): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const given = async function* () {
    yield* entries;
  };
  for await (const part of tarOf(given(), {
    content: async function* () {
      yield content;
    },
  }))
    parts.push(part);
  return Buffer.concat(parts);
}

describe('the records of an entry', () => {
  it.each([
    [{ seconds: 1_764_255_523, nanoseconds: 123_456_789 }, '1764255523.123456789'],
    [{ seconds: 5, nanoseconds: 0 }, '5'],
    [{ seconds: -1, nanoseconds: 500_000_000 }, '-0.5'],
    [{ seconds: -157_766_155, nanoseconds: 1 }, '-157766154.999999999'],
  ])('keep times to the nanosecond, before 1970 too: %o', (mtime, expected) => {
    const records = parsed(tarRecords({ ...FILE, mtime }, { path: utf8('a'), size: 3 }));
    expect(text(records, 'mtime')).toBe(expected);
  });

  it('keep large sizes and ids, names of owners, and attributes of any bytes', () => {
    const xattrs = [{ name: utf8('user.a=%'), value: Uint8Array.of(0, 10, 61, 255) }];
    const records = parsed(tarRecords({ ...FILE, xattrs }, { path: utf8('a'), size: 2 ** 50 }));
    expect(text(records, 'size')).toBe('1125899906842624');
    expect(text(records, 'uid')).toBe('4000000000');
    expect(text(records, 'uname')).toBe('üser');
    expect(records.get('SCHILY.xattr.user.a%3D%25')).toEqual(Buffer.from([0, 10, 61, 255]));
    expect(records.has('hdrcharset')).toBe(false);
  });

  it('keep every path and link as its raw bytes, and say so where they are no UTF-8', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 1500 });
    fc.assert(
      fc.property(bytes, bytes, (path, link) => {
        const node: LinkNode = { ...FILE, type: 'symlink', target: link };
        const records = parsed(tarRecords(node, { path, link, size: 0 }));
        expect(records.get('path')).toEqual(Buffer.from(path));
        expect(records.get('linkpath')).toEqual(Buffer.from(link));
      }),
    );
    expect(text(parsed(tarRecords(FILE, { path: Uint8Array.of(0xe9), size: 0 })), 'hdrcharset')).toBe(
      'BINARY',
    );
  });
});

describe('a tar', () => {
  it('is made of blocks, each file filled up, with two empty ones at the end', async () => {
    const bytes = await tar([{ path: utf8('a'), node: FILE }]);
    expect(bytes.length % 512).toBe(0);
    expect(bytes.subarray(-1024).every((byte) => byte === 0)).toBe(true);
    expect(bytes.toString('latin1').split('ustar')).toHaveLength(3);
  });

  it('has the content of a file with two names once', async () => {
    const node = { ...FILE, hardLink: '1:1' };
    const both = await tar([
      { path: utf8('a'), node },
      { path: utf8('b'), node: { ...node, name: utf8('b') } },
    ]);
    expect(both.toString('latin1').split('abc')).toHaveLength(2);
    expect(both.toString('latin1')).toContain('linkpath=a\n');
  });

  it('breaks off when a file is not of its size: a reader would lose its place', async () => {
    await expect(tar([{ path: utf8('a'), node: FILE }], utf8('ab'))).rejects.toThrow(VaultError);
  });
});
