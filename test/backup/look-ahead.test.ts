/** Folders are looked at ahead of the walk, in its order, and never twice or too many (T4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinPath } from '../../src/backup/byte-path.ts';
import { Chooser } from '../../src/backup/chooser.ts';
import { type Estimate, estimateRest } from '../../src/backup/estimate.ts';
import type { FileSource, QuickStat } from '../../src/backup/file-source.ts';
import { type FolderLook, lookInto, lookOf } from '../../src/backup/folder-looks.ts';
import { LookAhead } from '../../src/backup/look-ahead.ts';
import { packLooks, unpackLooks } from '../../src/backup/look-messages.ts';
import { VaultError } from '../../src/model/errors.ts';
import { KEYS } from './rehearsal.ts';

/** Names with a size, or with what is in the folder. */
type Tree = { readonly [name: string]: number | Tree };

const names = fc.constantFrom('a', 'a.b', 'a-b', 'b', 'skip', '\xe9', ' ');
const { tree } = fc.letrec<{ tree: Tree; entry: number | Tree }>((tie) => ({
  tree: fc.dictionary(names, tie('entry'), { maxKeys: 6 }),
  entry: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.nat(1000), tie('tree')),
}));

function sourceOf(root: Tree): Pick<FileSource, 'list' | 'look'> {
  const at = (path: string): number | Tree => {
    let found: number | Tree = root;
    for (const name of path.split('/').filter(Boolean)) found = (found as Tree)[name] as Tree;
    return found;
  };
  return {
    list: (path) => Object.keys(at(path)).sort(),
    look: (path): QuickStat => {
      const found = at(path);
      const size = typeof found === 'number' ? found : 0;
      const type = typeof found === 'number' ? 'file' : 'directory';
      return { type, size, mtimeMs: 1, ctimeMs: 2, inode: path.length, device: 4, links: 1 };
    },
  };
}

class Scene {
  readonly source: Pick<FileSource, 'list' | 'look'>;
  readonly chooser: Chooser;
  readonly asked: string[] = [];
  looked = 0;
  readonly crew = {
    hands: 2,
    begun: true,
    look: async (paths: readonly string[]): Promise<FolderLook[]> => {
      this.asked.push(...paths);
      await Promise.resolve();
      const some = paths.slice(0, 1 + (this.asked.length % 3)); // a job that stops early
      this.looked += some.length;
      return unpackLooks(packLooks(some.map((path) => lookInto(this.source, KEYS.contentId, path))));
    },
  };

  constructor(root: Tree) {
    this.source = sourceOf(root);
    const source = { ...this.source, open: () => expect.fail('nothing is opened') };
    this.chooser = new Chooser({ choice: { excludes: ['skip'] }, source, roots: ['/'] });
  }

  ahead(mostAhead?: number): LookAhead {
    const { crew, chooser } = this;
    const ahead = new LookAhead({ crew, chooser, ...(mostAhead === undefined ? {} : { mostAhead }) });
    ahead.expect('/', this.source.look('/'));
    return ahead;
  }

  /** As the walk goes: each folder, then what is in it. */
  async walk(ahead: LookAhead, onFolder: (path: string) => Promise<void>, path = '/'): Promise<void> {
    const here = lookInto(this.source, KEYS.contentId, path);
    const taken = await ahead.take(path);
    if (taken) expect(taken).toEqual(here);
    if (here.kind !== 'looks') return;
    if (!taken) ahead.found(path, here);
    await onFolder(path);
    for (const [i, name] of here.names.entries()) {
      const [below, seen] = [joinPath(path, name), lookOf(here, i)];
      if (seen.type === 'directory' && !this.chooser.leavesOut(below, seen))
        await this.walk(ahead, onFolder, below);
    }
  }
}

function totalOf(tree: Tree): { files: number; bytes: number } {
  let [files, bytes] = [0, 0];
  for (const [name, entry] of Object.entries(tree)) {
    if (name === 'skip') continue;
    const below = typeof entry === 'number' ? { files: 1, bytes: entry } : totalOf(entry);
    files += below.files;
    bytes += below.bytes;
  }
  return { files, bytes };
}

describe('looking ahead of the walk', () => {
  it('tells what the walk would see, asks in its order, and knows at any time how much there is', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.constantFrom(0, 5, 1000), fc.nat(20), async (root, mostAhead, stopAt) => {
        const scene = new Scene(root);
        const ahead = scene.ahead(mostAhead);
        let folders = 0;
        await scene.walk(ahead, async () => {
          if (folders++ !== stopAt) return;
          const estimate: Estimate = { files: 0, bytes: 0, complete: false };
          const counter = new Scene(root);
          const never = new AbortController().signal;
          await estimateRest(estimate, ahead.frontier(), counter.crew, counter.chooser, never);
          expect(estimate).toEqual({ ...totalOf(root), complete: true });
        });
        expect(ahead.frontier()).toEqual({ ...totalOf(root), folders: [] });
        if (mostAhead === 0) expect(scene.asked).toEqual([]);
      }),
    );
  });

  it('asks for what comes first, and no further ahead than it may', async () => {
    const wide = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${1000 + i}`, { f: 1, g: 2 }]));
    const scene = new Scene({ a: wide });
    const [most, jobs] = [64, 2 * 2 * 32 * 2];
    const ahead = scene.ahead(most);
    const order: string[] = [];
    await scene.walk(ahead, async (path) => {
      order.push(path);
      expect(2 * (scene.looked - order.length)).toBeLessThanOrEqual(most + jobs);
    });
    const asked = [...new Set(scene.asked)];
    expect(asked.length).toBeGreaterThan(500);
    const places = asked.map((path) => order.indexOf(path));
    expect(places).toEqual(places.toSorted((x, y) => x - y));
  });

  it('asks nothing of a crew that has not begun', async () => {
    const scene = new Scene({ a: { b: { c: 1 } } });
    scene.crew.begun = false;
    await scene.walk(scene.ahead(), async () => undefined);
    expect(scene.asked).toEqual([]);
  });

  it('is not stopped by what it looked at and nobody came for', async () => {
    const wide = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${100 + i}`, { f: 1 }]));
    const scene = new Scene({ a: wide, b: wide });
    const ahead = scene.ahead(20);
    const root = lookInto(scene.source, KEYS.contentId, '/');
    expect(ahead.take('/')).toBeUndefined();
    if (root.kind === 'looks') ahead.found('/', root);
    await ahead.take('/a'); // its folders are looked at and not taken
    const before = scene.asked.length;
    for (const name of scene.source.list('/b')) await ahead.take(`/b/${name}`);
    expect(scene.asked.length).toBeGreaterThan(before);
  });

  it('lets the walk meet what failed where it comes to it', async () => {
    const scene = new Scene({ a: { b: { c: 1 } } });
    const { look } = scene.crew;
    const bug = new Error('a bug in a thread');
    scene.crew.look = () => Promise.reject(bug);
    await expect(scene.walk(scene.ahead(), async () => undefined)).rejects.toBe(bug);
    scene.crew.look = async (paths) => {
      const looks = await look(paths);
      const [first] = looks;
      if (first?.kind === 'looks') Object.assign(first, { names: undefined }); // what arrives makes the count fail
      return looks;
    };
    await expect(scene.walk(scene.ahead(), async () => undefined)).rejects.toThrow(TypeError);
  });

  it('carries what could not be looked at from thread to thread', () => {
    const error = new VaultError('source-unreadable', 'no', { hint: 'ask' });
    const fields = new Float64Array(0);
    const looks: FolderLook[] = [
      { kind: 'failed', error },
      { kind: 'large' },
      {
        kind: 'looks',
        names: [],
        fields,
        fingerprint: new Uint8Array(16).fill(3),
        failed: [{ name: 'x', error }],
      },
    ];
    expect(unpackLooks(structuredClone(packLooks(looks)))).toEqual(looks);
  });

  it('ends its count when the crew ends', async () => {
    const into: Estimate = { files: 0, bytes: 0, complete: false };
    const look = () => Promise.reject(new VaultError('closed', 'over'));
    const crew = { hands: 1, begun: true, look };
    const frontier = { files: 3, bytes: 4, folders: ['/a'] };
    await estimateRest(into, frontier, crew, new Scene({}).chooser, new AbortController().signal);
    expect(into).toEqual({ files: 3, bytes: 4, complete: false });
  });
});
