/** Walking several trees at once, against a naive walk of each (T4, C7). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeMark, diffTrees } from '../../src/backup/diff-trees.ts';
import { mergeTrees } from '../../src/backup/merge-trees.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { pathText } from '../../src/backup/path-text.ts';
import { TreeReader } from '../../src/backup/tree-reader.ts';
import type { BlobRef } from '../../src/format/blob-ref.ts';
import { encodeTreePage, type TreeNodeDraft } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { HandMadeSnapshot, linkTo, meta, TEST_KEYS } from './hand-made-snapshot.ts';

/** A folder by its names: a text is a file's content (the empty one: a link), a number the mode of a file that is always the same. */
interface Folder {
  readonly [name: string]: string | number | Folder;
}

const NAMES = ['a', 'a.', 'a0', 'b', 'Z', 'ü'];
const folders = fc.letrec<{ folder: Folder }>((tie) => ({
  folder: fc.dictionary(
    fc.constantFrom(...NAMES),
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('', 'x', 'y', 0o600, 0o644),
      tie('folder'),
    ),
    { maxKeys: 5 },
  ),
})).folder;

function pagesOf(snapshot: HandMadeSnapshot, folder: Folder): BlobRef[] {
  const nodes = Object.entries(folder).map(([name, value]): TreeNodeDraft => {
    if (value === '') return linkTo(name, 'somewhere');
    if (typeof value === 'string') return snapshot.file(name, [utf8(value)]);
    if (typeof value === 'number') return snapshot.file(name, [utf8('same')], { mode: value });
    return { ...snapshot.directory(name, []), pages: pagesOf(snapshot, value) };
  });
  return nodes.length === 0 ? [] : snapshot.pages(nodes, 2);
}

/** Every path with what is there. */
function flat(folder: Folder, parent = ''): Map<string, string | number> {
  const found = new Map<string, string | number>();
  for (const [name, value] of Object.entries(folder)) {
    const path = `${parent}${name}`;
    if (typeof value !== 'object') found.set(path, value);
    else {
      found.set(path, '/');
      for (const [below, inner] of flat(value, `${path}/`)) found.set(below, inner);
    }
  }
  return found;
}

function typeOf(value: string | number): string {
  return value === '' ? 'link' : value === '/' ? 'folder' : 'file';
}

function naiveMark(
  before: string | number | undefined,
  after: string | number | undefined,
): ChangeMark | undefined {
  if (before === after) return undefined;
  if (before === undefined) return '+';
  if (after === undefined) return '-';
  if (typeOf(before) !== typeOf(after)) return 'T';
  return typeof before === 'number' && typeof after === 'number' ? 'U' : 'M';
}

function readerOf(snapshot: HandMadeSnapshot): TreeReader {
  return new TreeReader(new OpenedChunks(snapshot, TEST_KEYS));
}

describe('several trees at once', () => {
  it('give every path once, with the trees that have each version of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(folders, { minLength: 1, maxLength: 4 }), async (trees) => {
        const snapshot = new HandMadeSnapshot();
        const roots = trees.map((tree) => pagesOf(snapshot, tree));
        const seen = new Map<string, string[]>();
        for await (const entry of mergeTrees({ roots, reader: readerOf(snapshot) })) {
          if ('error' in entry) throw entry.error;
          const path = pathText(entry.path);
          expect(seen.has(path)).toBe(false);
          seen.set(path, entry.versions.map((version) => version.trees.join()).sort());
        }
        const flats = trees.map((tree) => flat(tree));
        const paths = [...new Set(flats.flatMap((map) => [...map.keys()]))];
        const naive = paths.map((path) => {
          const byValue = new Map<string | number, number[]>();
          for (const [number, map] of flats.entries()) {
            const value = map.get(path);
            if (value !== undefined) byValue.set(value, [...(byValue.get(value) ?? []), number]);
          }
          return [path, [...byValue.values()].map((numbers) => numbers.join()).sort()] as const;
        });
        expect(seen).toEqual(new Map(naive));
      }),
      { numRuns: 60 },
    );
  });

  it('differ in what a naive comparison finds, with the same marks', async () => {
    await fc.assert(
      fc.asyncProperty(folders, folders, async (one, other) => {
        const snapshot = new HandMadeSnapshot();
        const found = new Map<string, string>();
        const [before, after] = [pagesOf(snapshot, one), pagesOf(snapshot, other)];
        for await (const change of diffTrees({ before, after, metadata: true, reader: readerOf(snapshot) })) {
          if ('error' in change) throw change.error;
          found.set(pathText(change.path), change.mark);
        }
        const [a, b] = [flat(one), flat(other)];
        const naive = [...new Set([...a.keys(), ...b.keys()])].flatMap((path) => {
          const mark = naiveMark(a.get(path), b.get(path));
          return mark ? [[path, mark] as const] : [];
        });
        expect(found).toEqual(new Map(naive));
      }),
      { numRuns: 100 },
    );
  });

  it('do not read the directories that they share, when they are compared', async () => {
    const snapshot = new HandMadeSnapshot();
    const shared = snapshot.directory('shared', [linkTo('leaf', 'x')]);
    const before = snapshot.pages([shared, linkTo('z', 'one')]);
    const after = snapshot.pages([shared, linkTo('z', 'two')]);
    const marks: string[] = [];
    for await (const change of diffTrees({ before, after, reader: readerOf(snapshot) })) {
      marks.push('mark' in change ? `${change.mark} ${pathText(change.path)}` : change.error.message);
    }
    expect(marks).toEqual(['M z']);
    expect(snapshot.gets).toBe(2);
  });

  it('call nothing removed that lies where a directory cannot be read (C7)', async () => {
    const snapshot = new HandMadeSnapshot();
    const hurt = { ...snapshot.directory('d', []), pages: snapshot.rawPages([utf8('no page')]) };
    const before = snapshot.pages([snapshot.directory('d', [linkTo('kept', 'x')]), linkTo('z', 'x')]);
    const after = snapshot.pages([hurt]);
    const marks: string[] = [];
    for await (const change of diffTrees({ before, after, reader: readerOf(snapshot) })) {
      marks.push(
        'mark' in change
          ? `${change.mark} ${pathText(change.path)}`
          : `${change.error.code} ${pathText(change.path)}`,
      );
    }
    expect(marks).toEqual(['corrupt d', '- z']);
  });

  it('end at a folder that contains itself', async () => {
    const snapshot = new HandMadeSnapshot();
    const draft = (length: number): Uint8Array =>
      encodeTreePage([
        { ...meta('d', 0o755), type: 'directory', pages: [{ chunk: undefined, offset: 0, length }] },
      ]);
    const root = snapshot.rawPages([draft(draft(99).length)]);
    const seen: string[] = [];
    for await (const entry of mergeTrees({ roots: [root, root], reader: readerOf(snapshot) })) {
      seen.push('error' in entry ? entry.error.code : pathText(entry.path));
    }
    expect(seen).toEqual(['d', 'corrupt']);
  });
});
