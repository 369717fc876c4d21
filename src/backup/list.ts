/** Lists the entries of a snapshot for `vault ls`, in order of raw names, streaming; what cannot be read is listed as such (C7). */
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import { pathText } from './path-text.ts';
import { lastInOrder, MAX_DEPTH, pageKey, splitPath, TreeReader } from './tree-reader.ts';

export interface ListOptions {
  readonly root: readonly BlobRef[];
  /** Raw bytes; default: the root. */
  readonly path?: Uint8Array | undefined;
  /** Also the entries of folders below; default false. */
  readonly recursive?: boolean | undefined;
  readonly chunks: OpenedChunks;
  readonly signal?: AbortSignal | undefined;
}

export type ListEntry =
  | { readonly path: Uint8Array; readonly node: TreeNode }
  /** Some entries of the folder at `path` cannot be had. */
  | { readonly path: Uint8Array; readonly error: VaultError };

/** Paths are absolute in the snapshot, without a leading '/'. Throws 'not-found', and what reading the way to `path` throws. */
export async function* listTree(options: ListOptions): AsyncGenerator<ListEntry> {
  const { root, chunks } = options;
  const listing = new Listing(new TreeReader(chunks), options);
  const names = splitPath(options.path ?? new Uint8Array(0));
  const path = Buffer.concat(names.flatMap((name, i) => (i > 0 ? [SLASH, name] : [name])));
  if (names.length === 0) return yield* listing.folder(root, path, 0);
  const node = await listing.reader.find(root, path, listing.wait);
  if (!node)
    throw new VaultError('not-found', `the snapshot has no /${pathText(path)}`, {
      hint: '"vault ls SNAPSHOT" lists what it has.',
    });
  if (node.type === 'directory') yield* listing.folder(node.pages, path, names.length);
  else yield { path, node };
}

const SLASH = Buffer.from('/');

class Listing {
  readonly reader: TreeReader;
  readonly wait: { readonly signal?: AbortSignal };
  readonly #recursive: boolean;
  readonly #ancestors = new Set<string>();

  constructor(reader: TreeReader, { recursive, signal }: ListOptions) {
    this.reader = reader;
    this.wait = signal ? { signal } : {};
    this.#recursive = recursive ?? false;
  }

  async *folder(pages: readonly BlobRef[], path: Uint8Array, depth: number): AsyncGenerator<ListEntry> {
    let last: Uint8Array | undefined;
    for (const ref of pages) {
      const key = pageKey(ref);
      try {
        const nodes = await this.#page(ref, key, depth);
        last = lastInOrder(last, nodes);
        this.#ancestors.add(key);
        for (const node of nodes) yield* this.#entry(node, path, depth);
        this.#ancestors.delete(key);
      } catch (error) {
        this.wait.signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
        yield { path, error };
      }
    }
  }

  async *#entry(node: TreeNode, parent: Uint8Array, depth: number): AsyncGenerator<ListEntry> {
    const path = parent.length > 0 ? Buffer.concat([parent, SLASH, node.name]) : node.name;
    yield { path, node };
    if (this.#recursive && node.type === 'directory') yield* this.folder(node.pages, path, depth + 1);
  }

  async #page(ref: BlobRef, key: string, depth: number): Promise<TreeNode[]> {
    if (depth > MAX_DEPTH) throw new VaultError('corrupt', 'folders are nested too deep here');
    if (this.#ancestors.has(key)) throw new VaultError('corrupt', 'this folder contains itself');
    return await this.reader.page(ref, this.wait);
  }
}
