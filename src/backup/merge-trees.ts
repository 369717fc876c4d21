/**
 * Walks several trees at once in the order of their names (a sort-merge of their pages): each name comes once, with the versions of it
 * and the trees that have each. Directories that trees share are read once; in memory are one page for each that differs, and the
 * way down to it (T4).
 */
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { compareBytes } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { metadataKey, substanceKey } from './node-identity.ts';
import { type PageAbove, type SharedFolder, TreeCursor } from './tree-cursor.ts';
import { MAX_DEPTH, pageKey, type TreeReader } from './tree-reader.ts';

interface Version {
  readonly node: TreeNode;
  /** Numbers of the trees that have it, ascending. */
  readonly trees: readonly number[];
}

export interface MergedEntry {
  /** From the root, without a leading '/'. */
  readonly path: Uint8Array;
  /** Those that differ in content or metadata; a directory's entries do not count as either. */
  readonly versions: readonly Version[];
}

export interface MergeFault {
  /** Of the directory of which some entries cannot be had. */
  readonly path: Uint8Array;
  readonly trees: readonly number[];
  readonly error: VaultError;
}

/** What one tree begins with: the pages of its root, or its entries themselves. */
export type TreeRoot = readonly BlobRef[] | { readonly nodes: readonly TreeNode[] };

export interface MergeOptions {
  readonly roots: readonly TreeRoot[];
  /** Path of what `roots` begin with. */
  readonly path?: Uint8Array;
  readonly reader: TreeReader;
  /** Which of the directories of one name are looked into; default: all. */
  readonly descend?: (folders: readonly SharedFolder[]) => readonly SharedFolder[];
  /** A directory of which a page cannot be had is not looked at any further, in any tree: nothing in it can be compared. */
  readonly strict?: boolean;
  readonly wait?: WaitOptions;
}

const SLASH = Buffer.from('/');

/** Rejects only with the signal's reason. */
export async function* mergeTrees(options: MergeOptions): AsyncGenerator<MergedEntry | MergeFault> {
  const { roots, path = new Uint8Array(0), wait = {}, strict = false } = options;
  const descend = options.descend ?? ((folders) => folders);
  const stack: Frame[] = [{ path, cursors: cursorsOf(roots) }];
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const faults = await fill(frame, options.reader, wait);
    yield* faults;
    const here = strict && faults.length > 0 ? [] : take(frame);
    const [first] = here;
    if (!first) {
      stack.pop();
      continue;
    }
    const below = join(frame.path, first.node.name);
    yield { path: below, versions: versionsOf(here) };
    const folders = descend(foldersOf(here));
    if (folders.length === 0) continue;
    if (stack.length > MAX_DEPTH) {
      yield { path: below, trees: folders.flatMap(({ trees }) => trees), error: tooDeep() };
      continue;
    }
    stack.push({ path: below, cursors: folders.map((folder) => new TreeCursor(folder)) });
  }
}

interface Frame {
  readonly path: Uint8Array;
  readonly cursors: readonly TreeCursor[];
}

interface Found {
  readonly trees: readonly number[];
  readonly node: TreeNode;
  readonly above: PageAbove | undefined;
}

async function fill({ path, cursors }: Frame, reader: TreeReader, wait: WaitOptions): Promise<MergeFault[]> {
  const faults: MergeFault[] = [];
  const one = async (cursor: TreeCursor): Promise<void> => {
    while (cursor.node === undefined) {
      try {
        return await cursor.fill(reader, wait);
      } catch (error) {
        wait.signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
        faults.push({ path, trees: cursor.trees, error });
      }
    }
  };
  const waiting = cursors.filter(({ node }) => node === undefined);
  if (waiting.length > 0) await Promise.all(waiting.map(one));
  return faults;
}

/** The entries of the first name that any cursor stands at; those cursors go on. */
function take({ cursors }: Frame): Found[] {
  let first: Uint8Array | undefined;
  let at: TreeCursor[] = [];
  for (const cursor of cursors) {
    if (!cursor.node) continue;
    const order = first === undefined ? -1 : compareBytes(cursor.node.name, first);
    if (order > 0) continue;
    if (order < 0) at = [];
    first = cursor.node.name;
    at.push(cursor);
  }
  return at.flatMap((cursor) => {
    const { node, trees, above } = cursor;
    cursor.step();
    return node ? [{ node, trees, above }] : [];
  });
}

function versionsOf(here: readonly Found[]): readonly Version[] {
  if (here.length === 1) return here;
  return gathered(here, ({ node }) => `${substanceKey(node)} ${metadataKey(node)}`).map(([first, trees]) => ({
    node: first.node,
    trees,
  }));
}

function foldersOf(here: readonly Found[]): readonly SharedFolder[] {
  const folders = here.flatMap(({ node, trees, above }) =>
    node.type === 'directory' ? [{ trees, pages: node.pages, above }] : [],
  );
  return sharing(folders);
}

/** The pages above are those in the first tree: nothing that is in order there can be a circle in it. */
function sharing(folders: readonly SharedFolder[]): readonly SharedFolder[] {
  return gathered(folders, ({ pages }) => pages.map(pageKey).join()).map(([{ pages, above }, trees]) => ({
    pages,
    trees,
    above,
  }));
}

/** What has the same key together, in the order in which it first came, with all its trees. */
function gathered<T extends { readonly trees: readonly number[] }>(
  items: readonly T[],
  keyOf: (item: T) => string,
): [T, readonly number[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [[first, group.flatMap(({ trees }) => trees).sort((a, b) => a - b)] as [T, number[]]] : [];
  });
}

function cursorsOf(roots: readonly TreeRoot[]): TreeCursor[] {
  const nodes: TreeCursor[] = [];
  const folders: SharedFolder[] = [];
  for (const [number, root] of roots.entries()) {
    const trees = [number];
    if ('nodes' in root) nodes.push(new TreeCursor({ trees, pages: [] }, root.nodes));
    else folders.push({ trees, pages: root });
  }
  return [...sharing(folders).map((folder) => new TreeCursor(folder)), ...nodes];
}

function join(parent: Uint8Array, name: Uint8Array): Uint8Array {
  return parent.length > 0 ? Buffer.concat([parent, SLASH, name]) : name;
}

function tooDeep(): VaultError {
  return new VaultError('corrupt', 'folders are nested too deep here');
}
