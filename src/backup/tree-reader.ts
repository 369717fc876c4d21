/** Reads directories of a snapshot page by page: entries in order of their raw names, nothing whole in memory. */
import type { BlobRef, PageRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import { decodeTreePage, type TreeNode } from '../format/tree-page.ts';
import { compareBytes, toHex } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { OpenedChunks } from './opened-chunks.ts';

/** Deeper than any real tree (a path of 4096 bytes has 2048 names at most): what goes on below is an attack or damage. */
export const MAX_DEPTH = 2048;

const SLASH = 0x2f;

export class TreeReader {
  readonly #chunks: OpenedChunks;

  constructor(chunks: OpenedChunks) {
    this.#chunks = chunks;
  }

  /** Entries of one page. Throws 'unavailable', 'lost', 'corrupt'. */
  async page(ref: PageRef, options: WaitOptions = {}): Promise<TreeNode[]> {
    const absolute = resolved(ref);
    return decodeTreePage(await this.#chunks.bytes(ChunkKind.tree, absolute, options), absolute.chunk);
  }

  /** Entries of a directory in order of their names. Throws at the first page that cannot be had, like `page`. */
  async *pages(refs: readonly PageRef[], options: WaitOptions = {}): AsyncGenerator<TreeNode> {
    let last: Uint8Array | undefined;
    for (const ref of refs) {
      const nodes = await this.page(ref, options);
      last = lastInOrder(last, nodes);
      yield* nodes;
    }
  }

  /**
   * The entry at `path` (names joined by '/', slashes at the ends ignored) below `root`; `undefined` when there is none,
   * when a name on the way is no directory, or when the path is empty (the root has no entry). Links are not followed.
   */
  async find(
    root: readonly PageRef[],
    path: Uint8Array,
    options: WaitOptions = {},
  ): Promise<TreeNode | undefined> {
    let pages = root;
    let found: TreeNode | undefined;
    for (const name of splitPath(path)) {
      found = await this.#lookup(pages, name, options);
      if (!found) return undefined;
      pages = found.type === 'directory' ? found.pages : [];
    }
    return found;
  }

  /** Binary search over the pages of one directory. */
  async #lookup(
    refs: readonly PageRef[],
    name: Uint8Array,
    options: WaitOptions,
  ): Promise<TreeNode | undefined> {
    let low = 0;
    let high = refs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const ref = refs[middle];
      if (!ref) return undefined;
      const nodes = await this.page(ref, options);
      const first = nodes[0];
      const last = nodes.at(-1);
      if (!first || !last) throw new VaultError('corrupt', 'a page of a directory is empty');
      if (compareBytes(name, first.name) < 0) high = middle - 1;
      else if (compareBytes(name, last.name) > 0) low = middle + 1;
      else return nodes.find((node) => compareBytes(node.name, name) === 0);
    }
    return undefined;
  }
}

/** Checks that a page goes on where the one before ended; returns its last name. Throws 'corrupt'. */
export function lastInOrder(
  before: Uint8Array | undefined,
  nodes: readonly TreeNode[],
): Uint8Array | undefined {
  const first = nodes[0];
  if (before && first && compareBytes(before, first.name) >= 0) {
    throw new VaultError('corrupt', 'the pages of a directory are not in order');
  }
  return nodes.at(-1)?.name ?? before;
}

/** Names of a path; empty ones and "." are left out. */
export function splitPath(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = 0; at < path.length; ) {
    const slash = path.indexOf(SLASH, at);
    const end = slash < 0 ? path.length : slash;
    if (end > at && !(end === at + 1 && path[at] === 0x2e)) names.push(path.subarray(at, end));
    at = end + 1;
  }
  return names;
}

/** A page's place as text: equal exactly for equal places. */
export function pageKey(ref: PageRef): string {
  return `${ref.chunk ? toHex(ref.chunk) : ''}:${ref.offset}:${ref.length}`;
}

function resolved(ref: PageRef): BlobRef {
  if (ref.chunk) return { chunk: ref.chunk, offset: ref.offset, length: ref.length };
  throw new VaultError('corrupt', 'a page of a directory has no address');
}
