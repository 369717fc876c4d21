/** Walks a folder of the earlier snapshot beside the same folder on disk: both in order of names, one page in memory at a time (C3). */
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { type BytePath, pathOfBytes } from './byte-path.ts';
import type { TreeReader } from './tree-reader.ts';

export interface ParentOptions extends WaitOptions {
  readonly tree: TreeReader;
  /** The earlier snapshot cannot be read here: its files are read from the source again. */
  readonly onProblem: (problem: VaultError) => void;
}

export class ParentFolder {
  readonly #options: ParentOptions | undefined;
  readonly #pages: readonly BlobRef[];
  #nextPage = 0;
  #nodes: readonly TreeNode[] = [];
  #at = 0;

  constructor(options: ParentOptions | undefined, pages: readonly BlobRef[]) {
    this.#options = options;
    this.#pages = options ? pages : [];
  }

  /** The entry of this name; ask for names in ascending order of their bytes. */
  take(name: BytePath): TreeNode | undefined | Promise<TreeNode | undefined> {
    for (;;) {
      const node = this.#nodes[this.#at];
      if (!node) return this.#nextPage < this.#pages.length ? this.#turnAndTake(name) : undefined;
      const theirs = pathOfBytes(node.name);
      if (theirs > name) return undefined;
      this.#at++;
      if (theirs === name) return node;
    }
  }

  async #turnAndTake(name: BytePath): Promise<TreeNode | undefined> {
    return (await this.#turn()) ? await this.take(name) : undefined;
  }

  /** The folder below `node`, empty when it is none. */
  below(node: TreeNode | undefined): ParentFolder {
    return new ParentFolder(this.#options, node?.type === 'directory' ? node.pages : []);
  }

  async #turn(): Promise<boolean> {
    const page = this.#pages[this.#nextPage++];
    if (!page || !this.#options) return false;
    try {
      this.#nodes = await this.#options.tree.page(page, this.#options);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.#options.onProblem(error);
      this.#nodes = [];
    }
    this.#at = 0;
    return true;
  }
}
