/** Everything that snapshots are made of: walks their directories once each and gathers every chunk they need, with its kind (L4). */
import type { BlobRef } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { DigestTable } from '../model/digest-table.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import { pathText } from './path-text.ts';
import { pageKey, TreeReader } from './tree-reader.ts';

/** A directory, or a large file's list of parts, that could not be read: what lies below it is not known. */
export interface ReachFault {
  /** In the snapshot, for people; "/" is its root. */
  readonly path: string;
  readonly chunk: Digest;
  readonly error: VaultError;
}

interface Task {
  readonly kind: typeof ChunkKind.tree | typeof ChunkKind.list;
  readonly ref: BlobRef;
  readonly path: string;
}

/** Pages and lists read at the same time: neighbours mostly lie in the same chunk, which is fetched once. */
const AT_ONCE = 8;

export class Reach {
  /** Every chunk that was found so far. */
  readonly chunks: DigestTable = new DigestTable();
  readonly #kinds: ChunkKind[] = [];
  readonly #opened: OpenedChunks;
  readonly #tree: TreeReader;
  readonly #seen = new Set<string>();
  readonly #onFirst: ((digest: Digest, path: string) => void) | undefined;
  #trees = 0;

  /** `onFirst` hears of each chunk once, with a path that needs it; saying so costs time. */
  constructor(opened: OpenedChunks, onFirst?: (digest: Digest, path: string) => void) {
    this.#opened = opened;
    this.#tree = new TreeReader(opened);
    this.#onFirst = onFirst;
  }

  has(digest: Digest): boolean {
    return this.chunks.numberOf(digest) !== undefined;
  }

  /** What the chunk with this number of `chunks` carries. */
  kindOf(number: number): ChunkKind {
    return this.#kinds[number] ?? ChunkKind.content;
  }

  /** Chunks that carry directories. */
  get trees(): number {
    return this.#trees;
  }

  /**
   * Adds what the snapshot with these pages of "/" needs. A directory that was met before, in this or another snapshot, is not
   * read again, also when it could not be read. Rejects only with the signal's reason.
   */
  async add(
    root: readonly BlobRef[],
    onFault: (fault: ReachFault) => void,
    wait: WaitOptions = {},
  ): Promise<void> {
    const tasks: Task[] = [];
    this.#enter(root, '/', tasks);
    const idle: (() => void)[] = [];
    let working = 0;
    const worker = async (): Promise<void> => {
      for (;;) {
        const task = tasks.pop();
        if (!task && working === 0) break;
        if (!task) {
          await new Promise<void>((resolve) => idle.push(resolve));
          continue;
        }
        working++;
        try {
          await this.#read(task, tasks, onFault, wait);
        } finally {
          working--;
          for (const wake of idle.splice(0)) wake();
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #read(
    task: Task,
    tasks: Task[],
    onFault: (fault: ReachFault) => void,
    wait: WaitOptions,
  ): Promise<void> {
    const { kind, ref, path } = task;
    wait.signal?.throwIfAborted();
    try {
      if (kind === ChunkKind.list) {
        const parts = decodeContentList(await this.#opened.bytes(kind, ref, wait));
        for (const part of parts) this.#note(part.chunk, ChunkKind.content, () => path);
        return;
      }
      for (const node of await this.#tree.page(ref, wait)) this.#node(node, path, tasks);
    } catch (error) {
      wait.signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      onFault({ path, chunk: ref.chunk, error });
    }
  }

  #node(node: TreeNode, parent: string, tasks: Task[]): void {
    const path = (): string => `${parent === '/' ? '' : parent}/${pathText(node.name)}`;
    if (node.type === 'directory') {
      this.#enter(node.pages, path(), tasks);
      return;
    }
    if (node.type !== 'file') return;
    const kind = node.indirect ? ChunkKind.list : ChunkKind.content;
    for (const ref of node.content) {
      this.#note(ref.chunk, kind, path);
      if (kind === ChunkKind.list && this.#isNew(kind, ref)) tasks.push({ kind, ref, path: path() });
    }
  }

  #enter(pages: readonly BlobRef[], path: string, tasks: Task[]): void {
    const kind = ChunkKind.tree;
    for (const ref of pages) {
      this.#note(ref.chunk, kind, () => path);
      if (this.#isNew(kind, ref)) tasks.push({ kind, ref, path });
    }
  }

  #isNew(kind: ChunkKind, ref: BlobRef): boolean {
    const before = this.#seen.size;
    return this.#seen.add(`${kind}:${pageKey(ref)}`).size > before;
  }

  #note(digest: Digest, kind: ChunkKind, path: () => string): void {
    const before = this.chunks.size;
    if (this.chunks.add(digest) < before) return;
    this.#onFirst?.(digest, path());
    this.#kinds.push(kind);
    if (kind === ChunkKind.tree) this.#trees++;
  }
}
