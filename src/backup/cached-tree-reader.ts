/** A tree reader that keeps the last decoded pages, for callers that come back to the same folders again and again. */
import type { PageRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { pageKey, TreeReader } from './tree-reader.ts';

/** A page of 512 KiB is some MiB when decoded. */
const MAX_PAGES = 8;

export class CachedTreeReader extends TreeReader {
  readonly #pages = new Map<string, TreeNode[]>();

  override async page(ref: PageRef, options: WaitOptions = {}): Promise<TreeNode[]> {
    const key = pageKey(ref);
    const nodes = this.#pages.get(key) ?? (await super.page(ref, options));
    this.#pages.delete(key);
    this.#pages.set(key, nodes);
    const [oldest] = this.#pages.keys();
    if (oldest !== undefined && this.#pages.size > MAX_PAGES) this.#pages.delete(oldest);
    return nodes;
  }
}
