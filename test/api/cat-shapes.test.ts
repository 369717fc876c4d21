/** The pieces of a vault as JSON: every field of the format, in forms that lose nothing (C6). */
import { describe, expect, it } from 'vitest';
import { entryShape, indexShape, nodeShape, snapshotShape } from '../../src/api/cat-shapes.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import type { NodeMetadata, TreeNode } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { cidText, idText } from '../../src/model/ids.ts';

const CHUNK = new Uint8Array(32).fill(5);
const DEVICE = new Uint8Array(32).fill(6);
const PLACE = { chunk: cidText(CHUNK), offset: 7, length: 8 };
const REF = { chunk: CHUNK, offset: 7, length: 8 };

function metadata(more: Partial<NodeMetadata> = {}): NodeMetadata {
  return {
    name: new Uint8Array([0x61, 0xff]),
    mode: 0o640,
    uid: 1,
    gid: 2,
    mtime: { seconds: 1, nanoseconds: 5 },
    ctime: { seconds: 2, nanoseconds: 0 },
    inode: 2n ** 63n,
    ...more,
  };
}

describe('an entry of a folder', () => {
  it('of a file names where its bytes lie, and all that a restore sets', () => {
    const file: TreeNode = {
      ...metadata({ user: 'me', device: 9n, xattrs: [{ name: utf8('user.a'), value: new Uint8Array([0]) }] }),
      type: 'file',
      size: 8,
      content: [REF],
      indirect: false,
      sparse: true,
      hardLink: '9:1',
    };
    expect(nodeShape(file)).toEqual({
      message_type: 'node',
      type: 'file',
      name: 'a\\xff',
      mode: 0o640,
      uid: 1,
      gid: 2,
      user: 'me',
      mtime: '1.000000005',
      ctime: '2.000000000',
      inode: '9223372036854775808',
      device_id: '9',
      xattrs: [{ name: 'user.a', value_base64: 'AA==' }],
      size: 8,
      content: [PLACE],
      indirect: false,
      sparse: true,
      hard_link: '9:1',
    });
  });

  it('of a folder names its pages, of a link its target', () => {
    expect(nodeShape({ ...metadata(), type: 'directory', pages: [REF] })).toMatchObject({
      type: 'dir',
      pages: [PLACE],
    });
    expect(nodeShape({ ...metadata(), type: 'symlink', target: utf8('to') })).toMatchObject({
      type: 'symlink',
      linktarget: 'to',
    });
  });

  it.each([
    [{ seconds: -1, nanoseconds: 0 }, '-1.000000000'],
    [{ seconds: -1, nanoseconds: 250_000_000 }, '-0.750000000'],
    [{ seconds: -3, nanoseconds: 1 }, '-2.999999999'],
    [{ seconds: 0, nanoseconds: 999_999_999 }, '0.999999999'],
  ])('tells the time %o as %s', (mtime, text) => {
    const link = { ...metadata({ mtime }), type: 'symlink' as const, target: utf8('to') };
    expect(nodeShape(link).mtime).toBe(text);
  });
});

describe('what is signed and sealed', () => {
  const snapshot = {
    time: 0,
    host: 'h',
    user: 'u',
    paths: [utf8('/a')],
    tags: ['t'],
    root: [REF],
    stats: { files: 1, directories: 2, links: 3, bytes: 4 },
    device: DEVICE,
    program: 'p',
    original: 'a'.repeat(64),
  };

  it('shows a snapshot with the pages of its root', () => {
    expect(snapshotShape({ id: 'x', snapshot, device: 1 })).toEqual({
      message_type: 'snapshot',
      id: 'x',
      time: '1970-01-01T00:00:00.000Z',
      hostname: 'h',
      username: 'u',
      paths: ['/a'],
      tags: ['t'],
      root: [PLACE],
      total_files: 1,
      total_dirs: 2,
      total_links: 3,
      total_bytes: 4,
      original: 'a'.repeat(64),
      device: idText(DEVICE),
      program_version: 'p',
    });
  });

  it('shows an index by the contents of each chunk, and an entry by what it adds, drops and announces', () => {
    const blobs = [{ id: new Uint8Array(20).fill(1), length: 3 }];
    expect(indexShape({ digest: CHUNK, kind: ChunkKind.tree, blobs })).toEqual({
      message_type: 'indexed_chunk',
      chunk: cidText(CHUNK),
      kind: 'tree',
      blobs: [{ content_id: '01'.repeat(20), length: 3 }],
    });
    const entry = {
      vault: DEVICE,
      device: DEVICE,
      sequence: 1,
      previous: CHUNK,
      adds: [{ digest: CHUNK, size: 9 }],
      drops: [CHUNK],
      retires: { device: DEVICE, next: 2 },
    };
    const announcement = { snapshot, index: [CHUNK], forgets: ['b'.repeat(64)] };
    const shown = entryShape({ entry, bytes: CHUNK, hash: CHUNK, announcement });
    expect(shown).toMatchObject({
      previous: '05'.repeat(32),
      adds: [{ chunk: cidText(CHUNK), size: 9 }],
      drops: [cidText(CHUNK)],
      retires: { device: idText(DEVICE), next: 2 },
      announcement: { index: [cidText(CHUNK)], forgets: ['b'.repeat(64)], snapshot: expect.any(String) },
    });
  });
});
