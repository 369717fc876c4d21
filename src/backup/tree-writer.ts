/** Writes directories from the inside out into bundles of pages (C6); a page the vault has already is referred to, not sent. */
import { crc32 } from 'node:zlib';
import { contentIdOf } from '../crypto/content-id.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef, PageRef } from '../format/blob-ref.ts';
import type { IndexedBlob } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import {
  decodeTreePage,
  encodeTreeNode,
  encodeTreePage,
  joinTreeNodes,
  type NodeMetadata,
  type TreeNodeDraft,
} from '../format/tree-page.ts';
import { assert } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { KiB, MiB } from '../model/units.ts';
import type { FindContent } from './content-writer.ts';
import type { Crew } from './crew.ts';
import { type ContentPart, PendingChunk, type PendingPart } from './pending-chunk.ts';
import type { ChunkSink } from './upload.ts';

/** A page ends after a name whose checksum says so (one in 512), so that an insertion moves few pages; never below or above these. Bytes. */
const MIN_PAGE_BYTES: number = 16 * KiB;
const MAX_PAGE_TARGET_BYTES: number = 256 * KiB;
const BOUNDARY_MASK = 511;
const BUNDLE_BYTES: number = 1 * MiB;

/** A directory entry whose pages may lie in a bundle that is not sealed yet. */
interface FolderDraft extends NodeMetadata {
  readonly type: 'directory';
  readonly places: readonly ContentPart[];
}

/** What a page is made of: bytes, or a directory entry that has to be encoded when the page's bundle is certain. */
type Item = { readonly bytes: Uint8Array; readonly folder?: FolderDraft };

interface OpenFolder {
  items: Item[];
  bytes: number;
  readonly pages: ContentPart[];
}

interface OpenTreeBundle {
  readonly chunk: PendingChunk;
  readonly pages: { readonly bytes: Uint8Array; readonly refersToSelf: boolean }[];
  length: number;
}

export interface TreeWriterOptions {
  readonly keys: VaultKeys;
  readonly crew: Pick<Crew, 'seal'>;
  readonly sink: ChunkSink;
  readonly find: FindContent;
}

/** Calls come in the order of a walk: `enter`, entries by ascending name with folders where their names stand, `leave`. */
export class TreeWriter {
  readonly #options: TreeWriterOptions;
  readonly #folders: OpenFolder[] = [];
  #bundle: OpenTreeBundle = newBundle();

  constructor(options: TreeWriterOptions) {
    this.#options = options;
  }

  enter(): void {
    this.#folders.push({ items: [], bytes: 0, pages: [] });
  }

  /** A file or a link. */
  async add(node: TreeNodeDraft): Promise<void> {
    await this.#append({ bytes: encodeTreeNode(node) }, node.name);
  }

  /** Ends the innermost folder and makes it an entry of the one around it; where its pages lie, or will lie. */
  async leave(node: NodeMetadata): Promise<readonly ContentPart[]> {
    const places = await this.#closeFolder();
    await this.#appendFolder({ ...node, type: 'directory', places });
    return places;
  }

  /** A folder whose pages the vault has. */
  async folder(node: NodeMetadata, pages: readonly BlobRef[]): Promise<void> {
    await this.#appendFolder({ ...node, type: 'directory', places: pages });
  }

  /** Ends the outermost folder; returns its pages once their chunks are sealed (they may still be on their way). */
  async finish(): Promise<BlobRef[]> {
    const pages = await this.#closeFolder();
    assert(this.#folders.length === 0, 'a folder was entered and never left');
    await this.#closeBundle();
    return pages.map(absolute);
  }

  async #appendFolder(folder: FolderDraft): Promise<void> {
    await this.#append({ bytes: this.#encodeFolder(folder), folder }, folder.name);
  }

  async #append(item: Item, name: Uint8Array): Promise<void> {
    const folder = this.#folders.at(-1);
    assert(folder, 'a tree entry outside of any folder');
    if (folder.bytes > 0 && folder.bytes + item.bytes.length > MAX_PAGE_TARGET_BYTES)
      await this.#closePage(folder);
    folder.items.push(item);
    folder.bytes += item.bytes.length;
    const ends = (crc32(name) & BOUNDARY_MASK) === 0 && folder.bytes >= MIN_PAGE_BYTES;
    if (ends) await this.#closePage(folder);
  }

  async #closeFolder(): Promise<readonly ContentPart[]> {
    const folder = this.#folders.pop();
    assert(folder, 'a folder is left that was never entered');
    if (folder.items.length > 0) await this.#closePage(folder);
    return folder.pages;
  }

  async #closePage(folder: OpenFolder): Promise<void> {
    const { items } = folder;
    folder.items = [];
    folder.bytes = 0;
    folder.pages.push(await this.#place(items));
  }

  /** Where the page of these entries lies: known, or at the end of the open bundle. */
  async #place(items: readonly Item[]): Promise<ContentPart> {
    let page = joinTreeNodes(items.map((item) => this.#encoded(item)));
    if (this.#bundle.length > 0 && this.#bundle.length + page.length > BUNDLE_BYTES) {
      await this.#closeBundle();
      page = joinTreeNodes(items.map((item) => this.#encoded(item)));
    }
    const refersToSelf = items.some((item) => item.folder && this.#refersToSelf(item.folder));
    if (!refersToSelf) {
      const known = this.#options.find(ChunkKind.tree, this.#idOf(page));
      if (known) return known;
    }
    const place: PendingPart = {
      pending: this.#bundle.chunk,
      offset: this.#bundle.length,
      length: page.length,
    };
    this.#bundle.pages.push({ bytes: page, refersToSelf });
    this.#bundle.length += page.length;
    return place;
  }

  /** Waits for the seal, so that pages to come can name this bundle. */
  async #closeBundle(): Promise<void> {
    const { chunk, pages, length } = this.#bundle;
    if (length === 0) return;
    this.#bundle = newBundle();
    const plain = new Uint8Array(length);
    let at = 0;
    for (const { bytes } of pages) {
      plain.set(bytes, at);
      at += bytes.length;
    }
    const blobs = (digest: Digest): IndexedBlob[] =>
      pages.map(({ bytes, refersToSelf }) => ({
        id: this.#idOf(refersToSelf ? encodeTreePage(decodeTreePage(bytes, digest)) : bytes),
        length: bytes.length,
      }));
    const { crew, sink } = this.#options;
    const draft = { kind: ChunkKind.tree, plainLength: length, blobs };
    await sink.send(draft, () => crew.seal(ChunkKind.tree, plain), chunk);
    await chunk.sealed;
  }

  #encoded(item: Item): Uint8Array {
    return item.folder ? this.#encodeFolder(item.folder) : item.bytes;
  }

  #encodeFolder({ places, ...node }: FolderDraft): Uint8Array {
    return encodeTreeNode({ ...node, pages: places.map((place) => this.#pageRef(place)) });
  }

  #pageRef(place: ContentPart): PageRef {
    if ('pending' in place && place.pending === this.#bundle.chunk) {
      return { chunk: undefined, offset: place.offset, length: place.length };
    }
    return absolute(place);
  }

  #refersToSelf(folder: FolderDraft): boolean {
    return folder.places.some((place) => 'pending' in place && place.pending === this.#bundle.chunk);
  }

  /** A page's identity: of its form with absolute references, so that it does not depend on the bundle it came in. */
  #idOf(page: Uint8Array): Uint8Array {
    return contentIdOf(this.#options.keys, ChunkKind.tree, page);
  }
}

function newBundle(): OpenTreeBundle {
  return { chunk: new PendingChunk(), pages: [], length: 0 };
}

function absolute(place: ContentPart): BlobRef {
  if (!('pending' in place)) return place;
  const { pending, offset, length } = place;
  assert(pending.digest, 'a page of a bundle that is not sealed');
  return { chunk: pending.digest, offset, length };
}
