/** Reading directories: in order, over many pages, found by path without reading everything (C6). */
import { describe, expect, it } from 'vitest';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { splitPath, TreeReader } from '../../src/backup/tree-reader.ts';
import type { BlobRef } from '../../src/format/blob-ref.ts';
import { encodeTreePage, type TreeNode } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { HandMadeSnapshot, linkTo, meta, TEST_KEYS } from './hand-made-snapshot.ts';

function readerOf(snapshot: HandMadeSnapshot): TreeReader {
  return new TreeReader(new OpenedChunks(snapshot, TEST_KEYS));
}

async function namesOf(reader: TreeReader, refs: readonly BlobRef[]): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of reader.pages(refs)) names.push(Buffer.from(name).toString('latin1'));
  return names;
}

const nameOf = (node: TreeNode | undefined): string => Buffer.from(node?.name ?? []).toString();

describe('the tree reader', () => {
  it('gives the entries of all pages in order and finds each by its name', async () => {
    const snapshot = new HandMadeSnapshot();
    const names = Array.from({ length: 50 }, (_, i) => `n${String(i).padStart(2, '0')}`);
    const pages = snapshot.pages(
      names.map((name) => linkTo(name, name)),
      7,
    );
    const reader = readerOf(snapshot);
    expect(await namesOf(reader, pages)).toEqual(names);
    for (const name of names) expect(nameOf(await reader.find(pages, utf8(name)))).toBe(name);
    for (const name of ['a', 'n', 'n06x', 'n491', 'z']) {
      expect(await reader.find(pages, utf8(name))).toBeUndefined();
    }
  });

  it('finds paths through folders, not through files or links, and nothing at the root itself', async () => {
    const snapshot = new HandMadeSnapshot();
    const pages = snapshot.pages([snapshot.directory('d', [linkTo('l', 'd')]), linkTo('link', 'd')]);
    const reader = readerOf(snapshot);
    expect(nameOf(await reader.find(pages, utf8('/d//./l/')))).toBe('l');
    for (const path of ['d/l/x', 'link/l', '', '/', 'd/x']) {
      expect(await reader.find(pages, utf8(path))).toBeUndefined();
    }
  });

  it('resolves pages that lie in the same bundle as the page that names them', async () => {
    const snapshot = new HandMadeSnapshot();
    const child = encodeTreePage([linkTo('leaf', 'x')]);
    const self = { chunk: undefined, offset: 0, length: child.length };
    const parent = encodeTreePage([{ ...meta('d', 0o755), type: 'directory', pages: [self] }]);
    const [, root] = snapshot.rawPages([child, parent]);
    if (!root) throw new Error('fixture');
    expect(nameOf(await readerOf(snapshot).find([root], utf8('d/leaf')))).toBe('leaf');
  });

  it('refuses pages that are not in order', async () => {
    const snapshot = new HandMadeSnapshot();
    const page = encodeTreePage([linkTo('same', 'x')]);
    const reader = readerOf(snapshot);
    await expect(namesOf(reader, snapshot.rawPages([page, page]))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('splits paths into raw names', () => {
    const text = splitPath(utf8('//a/./.b/..c/')).map((name) => Buffer.from(name).toString());
    expect(text).toEqual(['a', '.b', '..c']);
  });
});
