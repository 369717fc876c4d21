/** Counts the files that a restore was asked for, and their bytes, from the directories alone. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { isVaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { pathOfBytes } from './byte-path.ts';
import { nameText } from './name-text.ts';
import type { RestoreFilter } from './restore-filter.ts';
import { MAX_DEPTH, pageKey, type TreeReader } from './tree-reader.ts';

export interface SelectedCount {
  readonly files: number;
  readonly bytes: number;
}

export interface CountOptions extends WaitOptions {
  readonly reader: TreeReader;
  readonly filter: RestoreFilter | undefined;
  /** Directories that unfold into more are not counted to their end. */
  readonly maxEntries: number;
}

/** `undefined` when they cannot all be read: what is wrong with them the restore itself will tell. */
export async function countSelected(
  pages: readonly BlobRef[],
  options: CountOptions,
): Promise<SelectedCount | undefined> {
  const count = { files: 0, bytes: 0, entries: 0 };
  try {
    await countPages(pages, [], new Set(), count, options);
  } catch (error) {
    if (options.signal?.aborted || isVaultError(error)) return undefined;
    throw error;
  }
  return { files: count.files, bytes: count.bytes };
}

interface Counting {
  files: number;
  bytes: number;
  entries: number;
}

async function countPages(
  pages: readonly BlobRef[],
  names: readonly string[],
  above: Set<string>,
  count: Counting,
  options: CountOptions,
): Promise<void> {
  const { reader, filter } = options;
  for (const page of pages) {
    const key = pageKey(page);
    if (above.has(key) || names.length > MAX_DEPTH) return;
    above.add(key);
    for (const node of await reader.page(page, options)) {
      if (++count.entries > options.maxEntries) return;
      const path = filter ? [...names, nameText(pathOfBytes(node.name))] : names;
      const { selected, below } = filter?.select(path) ?? { selected: true, below: true };
      if (node.type === 'directory' && below) await countPages(node.pages, path, above, count, options);
      else if (selected) countFile(node, count);
    }
    above.delete(key);
  }
}

function countFile(node: TreeNode, count: Counting): void {
  if (node.type !== 'file') return;
  count.files++;
  count.bytes += node.size;
}
