/** Asks early for the tree pages that a walk comes to next, so that it does not wait for a round trip at every folder. */
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { TreeNode } from '../format/tree-page.ts';
import type { OpenedChunks } from './opened-chunks.ts';

/** Folders ahead of the one being walked, at each depth. */
const AHEAD = 12;

export class PageLookahead {
  readonly #chunks: OpenedChunks;
  readonly #signal: AbortSignal;
  readonly #nodes: readonly TreeNode[];
  #next = 0;
  #ahead = 0;

  /** For the entries of one page. */
  constructor(chunks: OpenedChunks, signal: AbortSignal, nodes: readonly TreeNode[]) {
    this.#chunks = chunks;
    this.#signal = signal;
    this.#nodes = nodes;
  }

  /** Call before each entry of the page, in order. */
  step(node: TreeNode): void {
    if (node.type === 'directory' && this.#ahead > 0) this.#ahead--;
    while (this.#ahead < AHEAD && this.#next < this.#nodes.length) {
      const coming = this.#nodes[this.#next++];
      if (coming?.type !== 'directory') continue;
      this.#ahead++;
      const first = coming.pages[0];
      if (first) askEarly(this.#chunks, this.#signal, first);
    }
  }
}

/** Starts to fetch a page's chunk. */
export function askEarly(chunks: OpenedChunks, signal: AbortSignal, ref: BlobRef): void {
  if (chunks.peek(ChunkKind.tree, ref.chunk)) return;
  // What goes wrong here goes wrong again, and is reported, when the walk needs the page.
  chunks.whole(ChunkKind.tree, ref.chunk, { signal }).catch(() => undefined);
}
