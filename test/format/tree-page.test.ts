/** Pages of a directory: what may be in them, references to the bundle they lie in, and sizes (C6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor, encodeCbor } from '../../src/format/cbor.ts';
import {
  type DirectoryDraft,
  decodeTreePage,
  encodeTreeNode,
  encodeTreePage,
  type FileNode,
  joinTreeNodes,
  MAX_PAGE_BYTES,
  type NodeMetadata,
  nameFault,
} from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import * as arbitrary from './arbitraries.ts';
import { SELF } from './formats.ts';

const BOUNDS = { what: 'test', maxBytes: 1 << 20 };
const TIME = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };

function metadata(name: string | Uint8Array): NodeMetadata {
  const raw = typeof name === 'string' ? utf8(name) : name;
  return { name: raw, mode: 0o644, uid: 0, gid: 0, mtime: TIME, ctime: TIME, inode: 7n };
}

function file(name: string | Uint8Array): FileNode {
  return { ...metadata(name), type: 'file', size: 0, content: [], indirect: false, sparse: false };
}

/** The raw fields of an empty file, with some replaced. */
function rawNode(changes: Record<string, unknown>): Uint8Array {
  const time = [0, 0];
  const fields = { n: utf8('a'), t: 0, m: 0, u: 0, g: 0, M: time, C: time, i: 1, s: 0, c: new Uint8Array(0) };
  return encodeCbor({ ...fields, ...changes }, BOUNDS);
}

describe('a tree page', () => {
  it('keeps names that are not UTF-8, byte for byte (C6)', () => {
    const name = Uint8Array.of(0xff, 0xfe, 0x0a, 0x80);
    expect(decodeTreePage(encodeTreePage([file(name)]), SELF)[0]?.name).toEqual(name);
  });

  it('resolves references to its own bundle to the digest it was read from', () => {
    const other = new Uint8Array(32).fill(5);
    const draft: DirectoryDraft = {
      ...metadata('d'),
      type: 'directory',
      pages: [
        { chunk: undefined, offset: 10, length: 20 },
        { chunk: other, offset: 0, length: 1 },
      ],
    };
    const [node] = decodeTreePage(encodeTreePage([draft]), SELF);
    expect(node?.type === 'directory' && node.pages.map((page) => page.chunk)).toEqual([SELF, other]);
  });

  it('is written by its own encoder as the general one writes it', () => {
    fc.assert(
      fc.property(arbitrary.treeNodes, (nodes) => {
        for (const node of nodes) {
          const bytes = encodeTreeNode(node);
          expect(encodeCbor(decodeCbor(bytes, BOUNDS), BOUNDS)).toEqual(bytes);
        }
        expect(decodeTreePage(encodeTreePage(nodes), SELF)).toEqual(nodes);
      }),
    );
  });

  it('becomes the same bytes from nodes that were encoded one by one, at every length of its head', () => {
    for (const count of [0, 1, 23, 24, 255, 256, 300]) {
      const nodes = Array.from({ length: count }, (_, i) => file(String(i).padStart(5, '0')));
      const page = joinTreeNodes(nodes.map(encodeTreeNode));
      expect(page).toEqual(encodeTreePage(nodes));
      expect(decodeTreePage(page, SELF)).toEqual(nodes);
    }
  });

  it.each(['', '.', '..', 'a/b', '/', 'a\0b'])('refuses the name %j', (name) => {
    expect(() => encodeTreePage([file(name)])).toThrow();
    expect(() => decodeTreePage(joinTreeNodes([rawNode({ n: utf8(name) })]), SELF)).toThrow(/damaged/);
  });

  it('allows names that only look like those', () => {
    for (const name of ['...', '..a', ' ', '-', '\n', 'a\\b']) expect(nameFault(utf8(name))).toBeUndefined();
  });

  it('refuses nodes out of order and names twice', () => {
    const [a, b] = [encodeTreeNode(file('a')), encodeTreeNode(file('b'))];
    expect(() => decodeTreePage(joinTreeNodes([b, a]), SELF)).toThrow(/out of order/);
    expect(() => decodeTreePage(joinTreeNodes([a, a]), SELF)).toThrow(/out of order/);
  });

  it.each([
    ['an unknown type', { t: 3 }],
    ['a mode of more than 12 bits', { m: 0o10000 }],
    ['an unknown field', { zz: 1 }],
    ['a size without content', { s: 5 }],
    ['an indirect file without lists', { x: true, s: 5 }],
    ['a flag that is false', { h: false }],
    ['nanoseconds over a second', { M: [0, 1_000_000_000] }],
    ['a torn reference', { c: new Uint8Array(39) }],
    ['a reference to no bytes', { c: new Uint8Array(40) }],
    ['a negative inode', { i: -1 }],
    ['a link target on a file', { l: utf8('x') }],
  ])('refuses %s', (_, changes) => {
    expect(() => decodeTreePage(joinTreeNodes([rawNode(changes)]), SELF)).toThrow(/damaged/);
  });

  it.each([
    ['that are no pairs', [utf8('user.x')]],
    ['none', []],
    ['without a name', [[utf8(''), utf8('1')]]],
    ['with a NUL in a name', [[utf8('user.\0'), utf8('1')]]],
    ['with a name that is too long', [[utf8('x'.repeat(256)), utf8('1')]]],
    ['out of order', [['b', 'a'].map(utf8), ['a', 'b'].map(utf8)]],
    ['with a name twice', [['a', 'a'].map(utf8), ['a', 'b'].map(utf8)]],
    ['over 128 KiB', [[utf8('a'), new Uint8Array(128 * 1024)]]],
  ])('refuses extended attributes %s', (_, a) => {
    expect(() => decodeTreePage(joinTreeNodes([rawNode({ a })]), SELF)).toThrow(/damaged/);
  });

  it('says so when a page is of a later version', () => {
    const page = encodeCbor([2, []], BOUNDS);
    expect(() => decodeTreePage(page, SELF)).toThrow(
      expect.objectContaining({ code: 'unsupported-version' }),
    );
  });

  it('refuses pages over 512 KiB', () => {
    expect(() => decodeTreePage(new Uint8Array(MAX_PAGE_BYTES + 1), SELF)).toThrow(/at most/);
  });
});

describe('writing a tree node', () => {
  it.each([
    ['a mode with the file type in it', { mode: 0o100644 }],
    ['a uid below zero', { uid: -1 }],
    ['a time that is no number', { mtime: { seconds: Number.NaN, nanoseconds: 0 } }],
    ['an owner of 300 letters', { user: 'x'.repeat(300) }],
    ['an inode over 64 bits', { inode: 1n << 64n }],
    ['a hard link key of 100 letters', { hardLink: '1'.repeat(100) }],
  ])('refuses %s, because no reader would take it (C7)', (_, changes) => {
    expect(() => encodeTreeNode({ ...file('a'), ...changes })).toThrow();
  });
});
