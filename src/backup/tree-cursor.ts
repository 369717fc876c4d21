/** Stands at one entry of a directory and goes on to the next: one page in memory at a time (T4). */
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { lastInOrder, pageKey, type TreeReader } from './tree-reader.ts';

/** The same directory of some trees: their numbers, and its pages. */
export interface SharedFolder {
  readonly trees: readonly number[];
  readonly pages: readonly BlobRef[];
}

export class TreeCursor {
  readonly trees: readonly number[];
  readonly #pages: readonly BlobRef[];
  #nextPage = 0;
  #nodes: readonly TreeNode[];
  #at = 0;
  #last: Uint8Array | undefined;
  /** Of the page that is in memory. */
  key = '';

  constructor({ trees, pages }: SharedFolder, nodes: readonly TreeNode[] = []) {
    this.trees = trees;
    this.#pages = pages;
    this.#nodes = nodes;
  }

  /** `undefined` at the end of a page; `fill` gets the next one. */
  get node(): TreeNode | undefined {
    return this.#nodes[this.#at];
  }

  step(): void {
    this.#at++;
  }

  /**
   * Reads pages until it stands at an entry or at the end of the directory. Throws like `TreeReader.page`, and 'corrupt' for a page
   * that is one of `ancestors`; a page that failed is not tried again.
   */
  async fill(reader: TreeReader, ancestors: ReadonlySet<string>, wait: WaitOptions): Promise<void> {
    while (this.node === undefined) {
      const ref = this.#pages[this.#nextPage++];
      if (!ref) return;
      const key = pageKey(ref);
      if (ancestors.has(key)) throw new VaultError('corrupt', 'this folder contains itself');
      const nodes = await reader.page(ref, wait);
      this.#last = lastInOrder(this.#last, nodes);
      this.#nodes = nodes;
      this.#at = 0;
      this.key = key;
    }
  }
}
