/** Listing a snapshot: in order, flat or recursive, damage listed in its place (C7). */
import { describe, expect, it } from 'vitest';
import { type ListOptions, listTree } from '../../src/backup/list.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { pathText } from '../../src/backup/path-text.ts';
import { encodeTreePage } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { HandMadeSnapshot, linkTo, meta, TEST_KEYS } from './hand-made-snapshot.ts';

async function list(snapshot: HandMadeSnapshot, options: Omit<ListOptions, 'chunks'>): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of listTree({ ...options, chunks: new OpenedChunks(snapshot, TEST_KEYS) })) {
    lines.push('error' in entry ? `${pathText(entry.path)} ${entry.error.code}` : pathText(entry.path));
  }
  return lines;
}

function example(): { snapshot: HandMadeSnapshot; root: ReturnType<HandMadeSnapshot['pages']> } {
  const snapshot = new HandMadeSnapshot();
  const deep = snapshot.directory('deep', [linkTo('leaf', 'x')]);
  const hurt = { ...snapshot.directory('hurt', []), pages: snapshot.rawPages([utf8('no page')]) };
  return { snapshot, root: snapshot.pages([snapshot.directory('d', [deep, hurt, linkTo('z', 'x')])]) };
}

describe('listing', () => {
  it('lists one folder, everything below, or one entry', async () => {
    const { snapshot, root } = example();
    expect(await list(snapshot, { root })).toEqual(['d']);
    expect(await list(snapshot, { root, path: utf8('/d') })).toEqual(['d/deep', 'd/hurt', 'd/z']);
    expect(await list(snapshot, { root, path: utf8('d/z') })).toEqual(['d/z']);
    const nowhere = list(snapshot, { root, path: utf8('d/none') });
    await expect(nowhere).rejects.toMatchObject({ code: 'not-found' });
  });

  it('names a folder that cannot be read and goes on (C7)', async () => {
    const { snapshot, root } = example();
    const lines = await list(snapshot, { root, recursive: true });
    expect(lines).toEqual(['d', 'd/deep', 'd/deep/leaf', 'd/hurt', 'd/hurt corrupt', 'd/z']);
  });

  it('ends at a folder that contains itself', async () => {
    const snapshot = new HandMadeSnapshot();
    const draft = (length: number): Uint8Array =>
      encodeTreePage([
        { ...meta('d', 0o755), type: 'directory', pages: [{ chunk: undefined, offset: 0, length }] },
      ]);
    const root = snapshot.rawPages([draft(draft(99).length)]);
    expect(await list(snapshot, { root, recursive: true })).toEqual(['d', 'd corrupt']);
  });
});

describe('paths as text', () => {
  it('shows bytes that are no UTF-8 as \\xNN and leaves the rest as it is', () => {
    expect(pathText(utf8('größe/日本\n'))).toBe('größe/日本\n');
    expect(pathText(new Uint8Array([0x61, 0xff, 0xc3, 0xbc, 0xc3]))).toBe('a\\xffü\\xc3');
  });
});
