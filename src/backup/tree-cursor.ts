/** Stands at one entry of a directory and goes on to the next: one page in memory at a time (T4). */
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { lastInOrder, pageKey, type TreeReader } from './tree-reader.ts';

/** A page on the way down to a directory, in one tree that has it. */
export interface PageAbove {
  readonly key: string;
  readonly up: PageAbove | undefined;
}

/** The same directory of some trees: their numbers, its pages, and the pages above it in the first of them. */
export interface SharedFolder {
  readonly trees: readonly number[];
  readonly pages: readonly BlobRef[];
  readonly above?: PageAbove | undefined;
}

export class TreeCursor {
  readonly trees: readonly number[];
  readonly #pages: readonly BlobRef[];
  #nextPage = 0;
  #nodes: readonly TreeNode[];
  #at = 0;
  #last: Uint8Array | undefined;
  readonly #above: PageAbove | undefined;
  /** Of the page that is in memory. */
  #key: string | undefined;

  constructor({ trees, pages, above }: SharedFolder, nodes: readonly TreeNode[] = []) {
    this.trees = trees;
    this.#pages = pages;
    this.#above = above;
    this.#nodes = nodes;
  }

  /** `undefined` at the end of a page; `fill` gets the next one. */
  get node(): TreeNode | undefined {
    return this.#nodes[this.#at];
  }

  /** What lies above the entries of the page in memory. */
  get above(): PageAbove | undefined {
    return this.#key === undefined ? this.#above : { key: this.#key, up: this.#above };
  }

  step(): void {
    this.#at++;
  }

  /**
   * Reads pages until it stands at an entry or at the end of the directory. Throws like `TreeReader.page`, and 'corrupt' for a page
   * that lies above itself; a page that failed is not tried again.
   */
  async fill(reader: TreeReader, wait: WaitOptions): Promise<void> {
    while (this.node === undefined) {
      const ref = this.#pages[this.#nextPage++];
      if (!ref) return;
      const key = pageKey(ref);
      for (let page = this.#above; page; page = page.up) {
        if (page.key === key) throw new VaultError('corrupt', 'this folder contains itself');
      }
      const nodes = await reader.page(ref, wait);
      this.#last = lastInOrder(this.#last, nodes);
      this.#nodes = nodes;
      this.#at = 0;
      this.#key = key;
    }
  }
}
