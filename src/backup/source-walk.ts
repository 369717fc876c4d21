/** One walk over the source, set up for a run or for its rehearsal: paths, excludes, the earlier snapshot, readers and counters. */

import { isDeepStrictEqual } from 'node:util';
import { type BlobRef, packRefs } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { Snapshot } from '../format/snapshot.ts';
import type { FileNode } from '../format/tree-page.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { SourceOptions } from './backup-options.ts';
import { BackupTally } from './backup-tally.ts';
import { begunAt } from './begun-at.ts';
import { type BytePath, bytesOfPath, pathOfBytes, pathOfText, shownPath } from './byte-path.ts';
import { choiceText } from './choice.ts';
import { chooseParent, samePaths } from './choose-parent.ts';
import { Chooser } from './chooser.ts';
import type { ContentWriter } from './content-writer.ts';
import { expandGlob } from './expand-glob.ts';
import { LargeFiles } from './large-files.ts';
import { LookAhead, type LookAheadOptions } from './look-ahead.ts';
import { MarksBook } from './marks-book.ts';
import { namePaths } from './name-paths.ts';
import { OpenedChunks } from './opened-chunks.ts';
import { Pacer } from './pacer.ts';
import { ParentFolder } from './parent-folder.ts';
import { endsOf, type PathPlan, planPaths } from './path-plan.ts';
import type { TreeEvent } from './tree-queue.ts';
import { TreeReader } from './tree-reader.ts';
import { Walker } from './walker.ts';

/** The earlier snapshot's pages are read once each, in order: a small cache is enough. */
const PARENT_CACHE_BYTES: number = 12 * MiB;
/** Of more paths only whole trees are compared. */
const MOST_COMPARED = 64;
const FAR_PAST = Number.NEGATIVE_INFINITY;

export interface WalkSinks {
  /** Looks at folders ahead of the walk. */
  readonly crew: LookAheadOptions['crew'];
  readonly content: ContentWriter;
  readonly emit: (event: TreeEvent) => Promise<void> | undefined;
  /** Is the chunk live or sent? In a run it counts as used from now on. */
  readonly reuseChunk: (digest: Uint8Array) => boolean;
  /** Between two entries, and between two slices of a large file. */
  readonly onEntry: () => Promise<void> | undefined;
}

export class SourceWalk {
  readonly tally: BackupTally = new BackupTally();
  readonly problems: VaultError[] = [];
  /** Resolved; those that exist. */
  readonly paths: readonly BytePath[];
  /** As the snapshot names them. */
  readonly namedPaths: readonly Uint8Array[];
  readonly parent: SnapshotRecord | undefined;
  currentPath: BytePath = '/';
  readonly #options: SourceOptions;
  readonly #reader: ChunkReader | undefined;
  readonly marks: MarksBook | undefined;
  #walker: Walker | undefined;
  /** Of a walk that has begun. */
  ahead: LookAhead | undefined;

  /** Throws 'source-unreadable' when none of the paths can be read. */
  constructor(options: SourceOptions, reader: ChunkReader | undefined) {
    this.#options = options;
    this.#reader = reader;
    this.paths = this.#resolvePaths();
    this.namedPaths = namePaths(this.paths).map(bytesOfPath);
    this.parent = this.#chooseParent();
    const { marks: file, keys } = options;
    this.marks = file && new MarksBook({ file, keys, paths: this.paths, choice: choiceText(options) });
  }

  async run(sinks: WalkSinks): Promise<void> {
    const { keys, source, clock, signal } = this.#options;
    const pacer = new Pacer(clock);
    const stop = signal ? { signal } : {};
    const { content, emit } = sinks;
    const onBytes = (bytes: number): void => {
      this.tally.bytesDone += bytes;
    };
    const chunks = this.#reader && new OpenedChunks(this.#reader, keys, { maxBytes: PARENT_CACHE_BYTES });
    const plan = planPaths(this.paths);
    const ahead = this.#lookAhead(sinks.crew, plan);
    this.ahead = ahead;
    const walker = new Walker({
      source,
      ahead,
      pacer,
      emit,
      chooser: this.chooser((problem) => this.problems.push(problem)),
      onNamedLeftOut: (path) => this.problems.push(leftOut(path)),
      tally: this.tally,
      content,
      large: new LargeFiles({ keys, content, pacer, onBytes, onSlice: sinks.onEntry, ...stop }),
      parentTime: this.parent ? begunAt(this.#options.state, this.parent) : FAR_PAST,
      startedMs: this.#options.clock.now(),
      hash: keys.contentId,
      marks: await this.marks?.earlier(this.#options.state, this.parent),
      onMark: (draft, places) => this.marks?.note(draft, places),
      reuse: (node) => this.#reuse(node, chunks, sinks),
      onItem: this.#options.onItem,
      onEntry: (path) => {
        this.currentPath = path;
        return sinks.onEntry();
      },
      ...stop,
    });
    this.#walker = walker;
    await walker.root(plan, this.#parentRoot(chunks));
  }

  #lookAhead(crew: WalkSinks['crew'], plan: PathPlan): LookAhead {
    const ahead = new LookAhead({ crew, chooser: this.chooser() });
    for (const path of endsOf(plan)) {
      try {
        ahead.expect(path, this.#options.source.look(path));
      } catch (error) {
        if (!isVaultError(error)) throw error; // the walk will tell
      }
    }
    return ahead;
  }

  /** Each walk needs one of its own. */
  chooser(onProblem?: (problem: VaultError) => void): Chooser {
    const { source } = this.#options;
    return new Chooser({
      choice: this.#options,
      source,
      roots: this.paths,
      ...(onProblem ? { onProblem } : {}),
    });
  }

  /** Is a tree of these pages the earlier snapshot's, which was of the same paths and host? */
  isSameTree(root: readonly BlobRef[]): boolean {
    const earlier = this.#earlierOfSame();
    return earlier !== undefined && bytesEqual(packRefs(earlier.root), packRefs(root));
  }

  /** The same, whatever has become of the folders on the way to the paths: call when the tree can be read. */
  async isUnchanged(root: readonly BlobRef[]): Promise<boolean> {
    const earlier = this.#earlierOfSame();
    if (!earlier || this.isSameTree(root)) return earlier !== undefined;
    const { signal, keys } = this.#options;
    if (
      !this.#reader ||
      this.namedPaths.length > MOST_COMPARED ||
      this.namedPaths.length !== this.paths.length
    )
      return false;
    const tree = new TreeReader(new OpenedChunks(this.#reader, keys));
    const wait = signal ? { signal } : {};
    try {
      for (const path of this.namedPaths) {
        const [before, now] = [await tree.find(earlier.root, path, wait), await tree.find(root, path, wait)];
        if (!isDeepStrictEqual(before, now)) return false;
      }
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      return false;
    }
  }

  #earlierOfSame(): Snapshot | undefined {
    const earlier = this.parent?.snapshot;
    if (earlier?.host !== this.#options.host) return undefined;
    return earlier && samePaths(earlier.paths, this.namedPaths) ? earlier : undefined;
  }

  /** For the next run; call when the snapshot is committed. */
  async keepMarks(snapshot: string): Promise<void> {
    await this.marks?.keep(snapshot, (folder) => this.#walker?.isUnsure(folder) ?? true);
  }

  #parentRoot(chunks: OpenedChunks | undefined): ParentFolder {
    const { signal } = this.#options;
    if (!this.parent || !chunks) return new ParentFolder(undefined, []);
    const onProblem = (problem: VaultError): void => {
      this.problems.push(problem);
    };
    const options = { tree: new TreeReader(chunks), onProblem, ...(signal ? { signal } : {}) };
    return new ParentFolder(options, this.parent.snapshot.root);
  }

  #reuse(
    node: FileNode,
    chunks: OpenedChunks | undefined,
    { reuseChunk }: WalkSinks,
  ): boolean | Promise<boolean> {
    if (!node.content.every((ref) => reuseChunk(ref.chunk))) return false;
    if (!node.indirect) return true;
    return chunks ? this.#reuseLists(node, chunks, reuseChunk) : false;
  }

  async #reuseLists(
    node: FileNode,
    chunks: OpenedChunks,
    reuseChunk: WalkSinks['reuseChunk'],
  ): Promise<boolean> {
    const { signal } = this.#options;
    try {
      for (const list of node.content) {
        const bytes = await chunks.bytes(ChunkKind.list, list, signal ? { signal } : {});
        if (!decodeContentList(bytes).every((ref) => reuseChunk(ref.chunk))) return false;
      }
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.problems.push(error);
      return false;
    }
  }

  #resolvePaths(): BytePath[] {
    const { paths, source } = this.#options;
    const found = new Set<BytePath>();
    for (const named of [...paths, ...this.#expanded()]) {
      const path = typeof named === 'string' ? pathOfText(named) : pathOfBytes(named);
      try {
        const resolved = source.resolve(path);
        source.stat(resolved);
        found.add(resolved);
      } catch (error) {
        if (!isVaultError(error, 'not-found', 'source-unreadable')) throw error;
        this.tally.addUnreadable({ path: shownPath(path), code: error.code, message: error.message });
      }
    }
    if (found.size > 0) return [...found].sort();
    const listed = this.tally.unreadable.map((entry) => entry.message).join('; ');
    throw new VaultError('source-unreadable', `nothing to back up: ${listed || 'no path was given'}`);
  }

  #expanded(): Uint8Array[] {
    const { pathPatterns = [], source } = this.#options;
    return pathPatterns.flatMap((pattern) => {
      const found = expandGlob(source, pattern);
      if (found.length === 0)
        this.problems.push(
          new VaultError('not-found', `the pattern "${pattern}" matches no file; it is skipped`),
        );
      return found.map(bytesOfPath);
    });
  }

  #chooseParent(): SnapshotRecord | undefined {
    const { parent, state, host, keys, time } = this.#options;
    if (parent === 'none') return undefined;
    if (parent) return parent;
    const all = state.snapshots();
    const earlier = time === undefined ? all : all.filter(({ snapshot }) => snapshot.time <= time);
    return chooseParent(earlier, host, this.namedPaths, keys.scope);
  }
}

function leftOut(path: BytePath): VaultError {
  return new VaultError(
    'source-unreadable',
    `${shownPath(path)} was named, but the excludes leave it out: nothing of it is in the snapshot`,
  );
}
