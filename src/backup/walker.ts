/** Walks the source in order of raw names and says what the snapshot's tree is made of; nothing it meets stops it. */

import type { BlobRef } from '../format/blob-ref.ts';
import type { ExtendedAttribute, FileNode, NodeMetadata, TreeNode } from '../format/tree-page.ts';
import { areXattrs, MAX_LINK_BYTES, MAX_NAME_BYTES } from '../format/tree-page.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { BackupTally } from './backup-tally.ts';
import { type BytePath, bytesOfPath, joinPath, shownPath } from './byte-path.ts';
import { endingAt } from './ending-at.ts';
import type { Excludes } from './excludes.ts';
import type { FileReader } from './file-content.ts';
import type { FileSource, SourceFile, SourceStat } from './file-source.ts';
import type { Pacer } from './pacer.ts';
import type { ParentFolder } from './parent-folder.ts';
import type { PathPlan } from './path-plan.ts';
import type { ContentPart } from './pending-chunk.ts';
import { type ReadFile, SourceLinks } from './source-links.ts';
import type { TreeEvent } from './tree-queue.ts';
import { isUnchanged, looksUnchanged } from './unchanged.ts';

export interface WalkerOptions {
  readonly source: FileSource;
  readonly excludes: Excludes;
  readonly reader: FileReader;
  readonly tally: BackupTally;
  readonly pacer: Pacer;
  /** When the parent snapshot's run began; milliseconds since 1970. */
  readonly parentTime: number;
  /** Does the vault still have everything this entry of the parent refers to? Marks it as used by this run. */
  readonly reuse: (node: FileNode) => Promise<boolean>;
  readonly emit: (event: TreeEvent) => Promise<void>;
  /** Between two entries: progress, periodic commits. */
  readonly onEntry: (path: BytePath) => Promise<void> | undefined;
  readonly signal?: AbortSignal;
}

export class Walker {
  readonly #options: WalkerOptions;
  readonly #links = new SourceLinks();

  constructor(options: WalkerOptions) {
    this.#options = options;
  }

  /** The whole walk from "/"; the root itself is no entry, so its events are the caller's. */
  async root(plan: PathPlan, parent: ParentFolder): Promise<void> {
    await this.#entries('/', plan, parent);
  }

  async #entries(folder: BytePath, plan: PathPlan, parent: ParentFolder): Promise<void> {
    const { signal, pacer, onEntry } = this.#options;
    for (const name of this.#names(folder, plan)) {
      signal?.throwIfAborted();
      if (pacer.due()) await pacer.rest();
      const path = joinPath(folder, name);
      await this.#guarded(path, () =>
        this.#entry(path, name, plan === 'all' ? 'all' : plan.get(name), parent),
      );
      const pause = onEntry(path);
      if (pause) await pause;
    }
  }

  #names(folder: BytePath, plan: PathPlan): readonly BytePath[] {
    if (plan !== 'all') return [...plan.keys()].sort();
    try {
      return this.#options.source.list(folder);
    } catch (error) {
      this.#failed(folder, error);
      return [];
    }
  }

  async #entry(
    path: BytePath,
    name: BytePath,
    plan: PathPlan | undefined,
    parent: ParentFolder,
  ): Promise<void> {
    const { source, tally, excludes } = this.#options;
    const earlier = await parent.take(name);
    const stat = source.stat(path);
    if (excludes.matches(path, stat.type === 'directory')) {
      tally.excluded++;
    } else if (name.length > MAX_NAME_BYTES) {
      throw new VaultError('source-unreadable', `the name of ${shownPath(path)} is too long`);
    } else if (stat.type === 'directory') {
      await this.#folder(path, name, stat, plan ?? 'all', parent.below(earlier));
    } else if (stat.type === 'file') {
      await this.#file(path, name, stat, earlier);
    } else if (stat.type === 'symlink') {
      await this.#link(path, name, stat);
    } else {
      tally.specialSkipped++;
    }
  }

  async #folder(
    path: BytePath,
    name: BytePath,
    stat: SourceStat,
    plan: PathPlan,
    parent: ParentFolder,
  ): Promise<void> {
    await this.#options.emit({ kind: 'enter' });
    await this.#entries(path, plan, parent);
    await this.#options.emit({ kind: 'leave', node: { ...metadata(name, stat), ...this.#xattrs(path) } });
    this.#options.tally.directories++;
  }

  async #link(path: BytePath, name: BytePath, stat: SourceStat): Promise<void> {
    const target = this.#options.source.readLink(path);
    if (target.length === 0 || target.length > MAX_LINK_BYTES) {
      throw new VaultError('source-unreadable', `the target of link ${shownPath(path)} is too long`);
    }
    const node = { ...metadata(name, stat), ...this.#xattrs(path), type: 'symlink' as const, target };
    await this.#options.emit({ kind: 'node', node });
    this.#options.tally.links++;
  }

  async #file(
    path: BytePath,
    name: BytePath,
    stat: SourceStat,
    earlier: TreeNode | undefined,
  ): Promise<void> {
    const { tally, reuse, parentTime } = this.#options;
    const before = earlier?.type === 'file' ? earlier : undefined;
    if (before && isUnchanged(stat, before, parentTime) && (await reuse(before))) {
      tally.bytesDone += stat.size;
      await this.#emitFile(name, stat, before, {
        size: before.size,
        parts: before.content,
        indirect: before.indirect,
      });
      tally.filesUnmodified++;
      return;
    }
    const { stat: read, content } = this.#links.known(stat) ?? (await this.#read(path));
    await this.#emitFile(name, read, this.#xattrs(path), content);
    if (!before) tally.filesNew++;
    else if (looksUnchanged(read, before) && sameContent(content.parts, before.content))
      tally.filesUnmodified++;
    else tally.filesChanged++;
  }

  async #read(path: BytePath): Promise<ReadFile> {
    const file = this.#options.source.open(path);
    try {
      const stat = file.stat();
      if (stat.type !== 'file') throw new VaultError('not-found', `${shownPath(path)} is no file any more`);
      const content = await this.#options.reader.read(endingAt(file, stat.size));
      this.#noteChange(file, stat);
      this.#links.remember(stat, { stat, content });
      return { stat, content };
    } finally {
      file.close();
    }
  }

  /** The entry keeps the times from before the read, so that the next run sees the difference and reads again. */
  #noteChange(file: SourceFile, before: SourceStat): void {
    const after = file.stat();
    const same =
      after.size === before.size &&
      after.mtime.seconds === before.mtime.seconds &&
      after.mtime.nanoseconds === before.mtime.nanoseconds;
    if (!same) this.#options.tally.changedWhileRead++;
  }

  /** What cannot be read of them is told; the entry is kept without. */
  #xattrs(path: BytePath): Pick<NodeMetadata, 'xattrs'> {
    try {
      const xattrs: readonly ExtendedAttribute[] = this.#options.source.xattrs(path);
      if (xattrs.length === 0) return {};
      if (areXattrs(xattrs)) return { xattrs };
      throw new VaultError(
        'source-unreadable',
        `the extended attributes of ${shownPath(path)} are too large`,
      );
    } catch (error) {
      this.#failed(path, error);
      return {};
    }
  }

  async #emitFile(
    name: BytePath,
    stat: SourceStat,
    { xattrs }: Pick<NodeMetadata, 'xattrs'>,
    content: ReadFile['content'],
  ): Promise<void> {
    const { size, parts, indirect } = content;
    const hardLink = stat.links > 1 ? { hardLink: `${stat.device}:${stat.inode}` } : {};
    const file = {
      ...metadata(name, stat),
      type: 'file' as const,
      size,
      indirect,
      sparse: stat.sparse,
      ...hardLink,
      ...(xattrs ? { xattrs } : {}),
    };
    this.#options.tally.bytes += size;
    await this.#options.emit({ kind: 'file', file: { ...file, parts } });
  }

  async #guarded(path: BytePath, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed(path, error);
    }
  }

  /** What the source refuses is noted; everything else (the mesh, the books, an abort) ends the run. */
  #failed(path: BytePath, error: unknown): void {
    const { tally } = this.#options;
    if (isVaultError(error, 'not-found')) {
      tally.vanished++;
    } else if (isVaultError(error, 'source-unreadable')) {
      tally.addUnreadable({ path: shownPath(path), code: error.code, message: error.message });
    } else {
      throw error;
    }
  }
}

/** True when every piece was found where the earlier snapshot has it. */
function sameContent(parts: readonly ContentPart[], before: readonly BlobRef[]): boolean {
  if (parts.length !== before.length) return false;
  return parts.every((part, i) => {
    const ref = before[i];
    return ref && 'chunk' in part && part.offset === ref.offset && bytesEqual(part.chunk, ref.chunk);
  });
}

function metadata(name: BytePath, stat: SourceStat): NodeMetadata {
  const { mode, uid, gid, user, group, mtime, ctime, inode } = stat;
  return {
    name: bytesOfPath(name),
    mode,
    uid,
    gid,
    mtime,
    ctime,
    inode,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
  };
}
