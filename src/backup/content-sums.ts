/** Sums of what snapshots hold, everything that they share counted once; directories that were met before are not read again. */
import { hash } from 'node:crypto';
import { type BlobRef, packRefs } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode, TreeNode } from '../format/tree-page.ts';
import { DigestTable } from '../model/digest-table.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import { pathText } from './path-text.ts';
import { TreeReader } from './tree-reader.ts';

interface Task {
  readonly ref: BlobRef;
  readonly path: string;
}

/** About 44 bytes of memory for each chunk, each different file and each different piece (T4). */
export class ContentSums {
  /** Every chunk that is needed. */
  readonly chunks: DigestTable = new DigestTable();
  readonly #pieces = new DigestTable();
  readonly #contents = new DigestTable();
  readonly #opened: OpenedChunks;
  readonly #tree: TreeReader;
  /** Files of different content, and their sizes. */
  files = 0;
  fileBytes = 0;
  /** Plain bytes of different pieces of content, lists and directories. */
  plainBytes = 0;

  constructor(opened: OpenedChunks) {
    this.#opened = opened;
    this.#tree = new TreeReader(opened);
  }

  /** Rejects only with the signal's reason; what lies below a fault is not counted. */
  async add(
    root: readonly BlobRef[],
    onFault: (path: string, error: VaultError) => void,
    wait: WaitOptions = {},
  ): Promise<void> {
    const tasks: Task[] = [];
    this.#enter(root, '', tasks);
    for (let task = tasks.pop(); task; task = tasks.pop()) {
      wait.signal?.throwIfAborted();
      try {
        for (const node of await this.#tree.page(task.ref, wait))
          await this.#node(node, task.path, tasks, wait);
      } catch (error) {
        wait.signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
        onFault(task.path === '' ? '/' : task.path, error);
      }
    }
  }

  async #node(node: TreeNode, parent: string, tasks: Task[], wait: WaitOptions): Promise<void> {
    if (node.type === 'directory') this.#enter(node.pages, `${parent}/${pathText(node.name)}`, tasks);
    if (node.type === 'file' && this.#isNewContent(node)) await this.#file(node, wait);
  }

  #enter(pages: readonly BlobRef[], path: string, tasks: Task[]): void {
    for (const ref of pages) if (this.#piece(ref)) tasks.push({ ref, path });
  }

  async #file(node: FileNode, wait: WaitOptions): Promise<void> {
    this.files++;
    this.fileBytes += node.size;
    for (const ref of node.content) {
      if (!this.#piece(ref) || !node.indirect) continue;
      for (const part of decodeContentList(await this.#opened.bytes(ChunkKind.list, ref, wait)))
        this.#piece(part);
    }
  }

  #isNewContent({ size, content, indirect }: FileNode): boolean {
    const before = this.#contents.size;
    return this.#contents.add(digestOf(`${size} ${indirect}`, packRefs(content))) >= before;
  }

  /** True when it was not counted yet. */
  #piece(ref: BlobRef): boolean {
    this.chunks.add(ref.chunk);
    const before = this.#pieces.size;
    if (this.#pieces.add(digestOf('', packRefs([ref]))) < before) return false;
    this.plainBytes += ref.length;
    return true;
  }
}

function digestOf(label: string, bytes: Uint8Array): Digest {
  return hash('sha256', Buffer.concat([Buffer.from(label), bytes]), 'buffer');
}
