/** Says of a snapshot's folders whether patterns leave out something at or below them, and how much; reads no folder in which nothing can match. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { FileNode, TreeNode } from '../format/tree-page.ts';
import { DigestTable } from '../model/digest-table.ts';
import { VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { type PathRules, pathRules } from '../policy/path-rules.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { type BytePath, joinPath, pathOfBytes } from './byte-path.ts';
import { SMALL_FILE_BYTES } from './crew-hand.ts';
import { nameText } from './name-text.ts';
import { MAX_DEPTH, pageKey, type TreeReader } from './tree-reader.ts';

/** What is taken out of a tree. */
export interface TreeCounts {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Pipes and devices. */
  readonly specials: number;
  /** Sum of the sizes of the files. */
  readonly bytes: number;
}

export interface TreeExclusionOptions {
  readonly reader: TreeReader;
  readonly excludes?: readonly string[] | undefined;
  readonly excludesAnyCase?: readonly string[] | undefined;
  /** Hears of each entry that goes; not again of those of a folder that another snapshot shares. */
  readonly onRemoved?: ((path: BytePath, node: TreeNode) => void) | undefined;
  readonly wait?: WaitOptions;
}

/** Folders of which it is remembered what was found: snapshots share most of theirs. About 200 bytes each (T4). */
const MAX_REMEMBERED = 200_000;
const NOTHING: TreeCounts = { files: 0, directories: 0, links: 0, specials: 0, bytes: 0 };

export class TreeExclusion {
  /** Chunks in which small files lay that go: others may lie there, too. */
  readonly #left = new DigestTable();
  readonly #options: TreeExclusionOptions;
  readonly #rules: readonly PathRules[];
  readonly #remembered = new Map<string, TreeCounts>();
  /** Pages of the folders above: one that contains itself would never end. */
  readonly #above = new Set<string>();
  /** Folders on the way to the paths of the snapshot: as in a backup, patterns are asked about the paths and what lies below them. */
  #ways: ReadonlySet<BytePath> = new Set();
  #depth = 0;

  /** Throws 'usage' for a malformed pattern. */
  constructor(options: TreeExclusionOptions) {
    this.#options = options;
    const { excludes = [], excludesAnyCase = [] } = options;
    this.#rules = [
      pathRules(excludes, { readName: nameText }),
      pathRules(excludesAnyCase, { readName: nameText, anyCase: true }),
    ];
  }

  /** From now on it is about a snapshot of these paths. */
  lookAt(paths: readonly Uint8Array[]): void {
    this.#ways = waysTo(paths.map(pathOfBytes));
  }

  /** Of an entry that lies in no folder that is left out. */
  leavesOut(path: BytePath): boolean {
    return !this.#ways.has(path) && this.#rules.some((rules) => rules.matches(path));
  }

  /**
   * What is left out of a folder with these pages; `undefined` when it stays as it is. Throws what reading a folder throws ('unavailable',
   * 'lost', 'corrupt').
   */
  async removedFrom(path: BytePath, pages: readonly BlobRef[]): Promise<TreeCounts | undefined> {
    const isWay = path === '/' || this.#ways.has(path);
    if (!isWay && !this.#rules.some((rules) => rules.mayMatchBelow(path))) return undefined;
    const sum = (): Promise<TreeCounts> =>
      this.#sum(path, pages, (child, node) => this.#removed(child, node));
    const key = `${path}\0${pages.map(pageKey).join()}`;
    const removed = await (isWay ? sum() : this.#once(key, sum));
    return removed.files + removed.directories + removed.links === 0 ? undefined : removed;
  }

  isLeft(chunk: Digest): boolean {
    return this.#left.numberOf(chunk) !== undefined;
  }

  /** Its content lies in one chunk with that of a file that goes. */
  sharesChunk(node: TreeNode): node is FileNode {
    return node.type === 'file' && isBundled(node) && node.content.some(({ chunk }) => this.isLeft(chunk));
  }

  /**
   * The files that stay in a folder and share a chunk with what goes; `undefined` when there are none. Call when `removedFrom` has been asked
   * about all the snapshots. Throws like it.
   */
  async sharingIn(path: BytePath, pages: readonly BlobRef[]): Promise<TreeCounts | undefined> {
    if (this.#left.size === 0) return undefined;
    const sum = (): Promise<TreeCounts> =>
      this.#sum(path, pages, async (child, node) => {
        if (this.leavesOut(child)) return NOTHING;
        if (node.type === 'directory') return (await this.sharingIn(child, node.pages)) ?? NOTHING;
        return this.sharesChunk(node) ? { ...NOTHING, files: 1, bytes: node.size } : NOTHING;
      });
    const isWay = path === '/' || this.#ways.has(path);
    const sharing = await (isWay ? sum() : this.#once(`shared ${path}\0${pages.map(pageKey).join()}`, sum));
    return sharing.files === 0 ? undefined : sharing;
  }

  async #removed(path: BytePath, node: TreeNode): Promise<TreeCounts> {
    if (!this.leavesOut(path)) {
      return (node.type === 'directory' && (await this.removedFrom(path, node.pages))) || NOTHING;
    }
    this.#options.onRemoved?.(path, node);
    return await this.#whole(path, node);
  }

  /** The entry with all that is below. */
  async #whole(path: BytePath, node: TreeNode): Promise<TreeCounts> {
    if (node.type === 'file') {
      if (isBundled(node)) for (const { chunk } of node.content) this.#left.add(chunk);
      return { ...NOTHING, files: 1, bytes: node.size };
    }
    if (node.type === 'symlink') return { ...NOTHING, links: 1 };
    if (node.type !== 'directory') return { ...NOTHING, specials: 1 };
    const below = await this.#once(`all ${node.pages.map(pageKey).join()}`, () =>
      this.#sum(path, node.pages, (child, entry) => this.#whole(child, entry)),
    );
    return { ...below, directories: below.directories + 1 };
  }

  async #sum(
    path: BytePath,
    pages: readonly BlobRef[],
    of: (path: BytePath, node: TreeNode) => Promise<TreeCounts>,
  ): Promise<TreeCounts> {
    const keys = pages.map(pageKey);
    const circle = keys.some((key) => this.#above.has(key));
    if (circle || this.#depth >= MAX_DEPTH) throw new VaultError('corrupt', 'a folder contains itself');
    for (const key of keys) this.#above.add(key);
    this.#depth++;
    let sum = NOTHING;
    try {
      for await (const node of this.#options.reader.pages(pages, this.#options.wait)) {
        sum = plus(sum, await of(joinPath(path, pathOfBytes(node.name)), node));
      }
    } finally {
      for (const key of keys) this.#above.delete(key);
      this.#depth--;
    }
    return sum;
  }

  async #once(key: string, count: () => Promise<TreeCounts>): Promise<TreeCounts> {
    const known = this.#remembered.get(key) ?? (await count());
    this.#remembered.delete(key);
    this.#remembered.set(key, known);
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined && this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(oldest);
    return known;
  }
}

/** Small enough to lie with others in one chunk. */
function isBundled({ indirect, content, size }: FileNode): boolean {
  return !indirect && content.length === 1 && size < SMALL_FILE_BYTES;
}

function waysTo(paths: readonly BytePath[]): Set<BytePath> {
  const ways = new Set<BytePath>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      ways.add(path.slice(0, end));
  }
  return ways;
}

function plus(a: TreeCounts, b: TreeCounts): TreeCounts {
  return {
    files: a.files + b.files,
    directories: a.directories + b.directories,
    links: a.links + b.links,
    specials: a.specials + b.specials,
    bytes: a.bytes + b.bytes,
  };
}
