/** In what two trees differ, in the order of their names; directories that they share are not read (T4). */
import type { TreeNode } from '../format/tree-page.ts';
import type { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { type MergedEntry, mergeTrees, type TreeRoot } from './merge-trees.ts';
import { metadataKey, substanceKey } from './node-identity.ts';
import type { TreeReader } from './tree-reader.ts';

/** Added, removed, modified (content, or a link's target), another type, metadata only. */
export type ChangeMark = '+' | '-' | 'M' | 'T' | 'U';

export interface TreeChange {
  readonly path: Uint8Array;
  readonly mark: ChangeMark;
  readonly before: TreeNode | undefined;
  readonly after: TreeNode | undefined;
}

export interface DiffOptions {
  readonly before: TreeRoot;
  readonly after: TreeRoot;
  /** Of what the roots begin with. */
  readonly path?: Uint8Array;
  /** Also what differs in nothing but mode, owner, time, or extended attributes. */
  readonly metadata?: boolean;
  readonly reader: TreeReader;
  readonly wait?: WaitOptions;
}

/** A directory of which something cannot be read is told as that, and left there: what is not seen is not called removed. */
export async function* diffTrees(
  options: DiffOptions,
): AsyncGenerator<TreeChange | { readonly path: Uint8Array; readonly error: VaultError }> {
  const { before, after, metadata = false, ...rest } = options;
  const shared = (trees: readonly number[]): boolean => trees.length === 2;
  const merged = mergeTrees({
    ...rest,
    roots: [before, after],
    strict: true,
    descend: (folders) => folders.filter(({ trees }) => !shared(trees)),
  });
  for await (const entry of merged) {
    if ('error' in entry) yield { path: entry.path, error: entry.error };
    else {
      const change = changeOf(entry, metadata);
      if (change) yield change;
    }
  }
}

function changeOf({ path, versions }: MergedEntry, metadata: boolean): TreeChange | undefined {
  const before = versions.find(({ trees }) => trees.includes(0))?.node;
  const after = versions.find(({ trees }) => trees.includes(1))?.node;
  const mark = markOf(before, after, metadata);
  return mark && { path, mark, before, after };
}

function markOf(
  before: TreeNode | undefined,
  after: TreeNode | undefined,
  metadata: boolean,
): ChangeMark | undefined {
  if (before === after) return undefined;
  if (!before) return '+';
  if (!after) return '-';
  if (before.type !== after.type) return 'T';
  if (substanceKey(before) !== substanceKey(after)) return 'M';
  return metadata && metadataKey(before) !== metadataKey(after) ? 'U' : undefined;
}
