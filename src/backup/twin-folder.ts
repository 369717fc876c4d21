/** The same folder in a snapshot of one vault and in its copy in another: what is as it was need not be read to be copied again. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { FileNode, TreeNode } from '../format/tree-page.ts';
import { compareBytes } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { CopiedContent } from './copied-places.ts';
import { TreeCursor } from './tree-cursor.ts';
import { pageKey, type TreeReader } from './tree-reader.ts';

/** Its pages there and here. */
export interface TwinPages {
  readonly from: readonly BlobRef[];
  readonly to: readonly BlobRef[];
}

export interface TwinReaders {
  readonly from: TreeReader;
  readonly to: TreeReader;
  readonly wait: WaitOptions;
}

/** An entry that both have. */
export interface TwinEntry {
  readonly from: TreeNode;
  readonly to: TreeNode;
}

/** Goes through both in order of their names. A folder that cannot be read ends there: then there is nothing to compare with. */
export class TwinFolder {
  readonly #readers: TwinReaders;
  readonly #from: TreeCursor;
  readonly #to: TreeCursor;
  #ended = false;

  constructor({ from, to }: TwinPages, readers: TwinReaders) {
    this.#readers = readers;
    this.#from = new TreeCursor({ trees: [], pages: from });
    this.#to = new TreeCursor({ trees: [], pages: to });
  }

  /** Names must ascend from call to call. */
  async find(name: Uint8Array): Promise<TwinEntry | undefined> {
    if (this.#ended) return undefined;
    const { from, to, wait } = this.#readers;
    try {
      const there = await seek(this.#from, name, from, wait);
      const here = there && (await seek(this.#to, name, to, wait));
      return there && here && { from: there, to: here };
    } catch (error) {
      wait.signal?.throwIfAborted();
      if (!isVaultError(error, 'unavailable', 'lost', 'corrupt', 'unsupported-version')) throw error;
      this.#ended = true;
      return undefined;
    }
  }
}

async function seek(
  cursor: TreeCursor,
  name: Uint8Array,
  reader: TreeReader,
  wait: WaitOptions,
): Promise<TreeNode | undefined> {
  for (;;) {
    await cursor.fill(reader, wait);
    const { node } = cursor;
    const order = node ? compareBytes(node.name, name) : 1;
    if (order >= 0) return order === 0 ? node : undefined;
    cursor.step();
  }
}

/** The folder's pages here, when `pages` there are what they were. */
export function sameFolder(
  pages: readonly BlobRef[],
  twin: TwinEntry | undefined,
): readonly BlobRef[] | undefined {
  if (twin?.from.type !== 'directory' || twin.to.type !== 'directory') return undefined;
  return sameRefs(pages, twin.from.pages) ? twin.to.pages : undefined;
}

/** Where the file's content lies here, when that there is what it was. */
export function sameContent(node: FileNode, twin: TwinEntry | undefined): CopiedContent | undefined {
  if (twin?.from.type !== 'file' || twin.to.type !== 'file') return undefined;
  const { from, to } = twin;
  const same = from.size === node.size && to.size === node.size && from.indirect === node.indirect;
  return same && sameRefs(node.content, from.content) ? to : undefined;
}

function sameRefs(some: readonly BlobRef[], others: readonly BlobRef[]): boolean {
  return (
    some.length === others.length && some.every((ref, i) => pageKey(ref) === pageKey(others[i] as BlobRef))
  );
}
