/** What becomes of the files and links that a walk meets: taken over from the earlier snapshot, read, or noted as unreadable. */
import type { BlobRef } from '../format/blob-ref.ts';
import type {
  ExtendedAttribute,
  FileNode,
  NodeMetadata,
  SpecialNode,
  TreeNode,
} from '../format/tree-page.ts';
import { areXattrs, MAX_LINK_BYTES } from '../format/tree-page.ts';
import { bytesEqual } from '../model/bytes.ts';
import { assert, isVaultError, VaultError } from '../model/errors.ts';
import type { BackedUpItem } from './backup-options.ts';
import type { BackupTally } from './backup-tally.ts';
import { type BytePath, bytesOfPath, shownPath } from './byte-path.ts';
import { type ContentWriter, readOf, type SmallFileRead, type SmallSlot } from './content-writer.ts';
import { SMALL_FILE_BYTES } from './crew-hand.ts';
import { endingAt } from './ending-at.ts';
import type { FileSource, SlowFile, SourceStat } from './file-source.ts';
import type { LargeFiles } from './large-files.ts';
import { substanceKey } from './node-identity.ts';
import type { ContentPart } from './pending-chunk.ts';
import { type ReadFile, SourceLinks } from './source-links.ts';
import type { FileDraft, FoundFile, SmallEvent, TreeEvent } from './tree-queue.ts';
import { isUnchanged, looksUnchanged } from './unchanged.ts';

export interface WalkFilesOptions {
  readonly source: FileSource;
  readonly content: ContentWriter;
  readonly large: LargeFiles;
  readonly tally: BackupTally;
  /** When the parent snapshot's run began; milliseconds since 1970. */
  readonly parentTime: number;
  /** Does the vault still have everything this entry of the parent refers to? Marks it as used by this run. */
  readonly reuse: (node: FileNode) => boolean | Promise<boolean>;
  readonly emit: (event: TreeEvent) => Promise<void> | undefined;
  readonly onItem?: ((item: BackedUpItem) => void) | undefined;
  /** Told of each path that is not in the snapshot as it was found. */
  readonly onFailure: (path: BytePath) => void;
}

/** What was read of a file, with the attributes that were read beside it. */
interface ReadMore extends ReadFile {
  readonly xattrs: Pick<NodeMetadata, 'xattrs'>;
}

/** In an object, as a promise of a promise would be waited for to its end. */
interface Begun {
  readonly read: Promise<ReadMore>;
}

const NO_NUMBER = { major: 0, minor: 0 };

export class WalkFiles {
  readonly #options: WalkFilesOptions;
  readonly #links = new SourceLinks();

  constructor(options: WalkFilesOptions) {
    this.#options = options;
  }

  /** A promise where something has to be waited for: most files need none. */
  file(found: FoundFile): Promise<void> | undefined {
    const { reuse, parentTime } = this.#options;
    const { seen, before } = found;
    if (!before || !isUnchanged(seen, before, parentTime)) return this.#changed(found);
    const answer = reuse(before);
    if (answer instanceof Promise)
      return answer.then((reused) => (reused ? this.#unchanged(before) : this.#changed(found)));
    return answer ? this.#unchanged(before) : this.#changed(found);
  }

  async link(path: BytePath, name: BytePath, before: TreeNode | undefined): Promise<void> {
    const { source, emit, tally, onItem } = this.#options;
    const target = source.readLink(path);
    if (target.length === 0 || target.length > MAX_LINK_BYTES) {
      throw new VaultError('source-unreadable', `the target of link ${shownPath(path)} is too long`);
    }
    const common = { ...metadata(name, source.stat(path)), ...this.xattrs(path) };
    await emit({ kind: 'node', node: { ...common, type: 'symlink', target } });
    tally.links++;
    const same = before?.type === 'symlink' && bytesEqual(before.target, target);
    if (!same) onItem?.({ path, change: before ? 'changed' : 'new', bytes: target.length });
  }

  /** A pipe or a device: it is never opened. */
  async special(
    path: BytePath,
    name: BytePath,
    type: SpecialNode['type'],
    before: TreeNode | undefined,
  ): Promise<void> {
    const { source, emit, tally, onItem } = this.#options;
    const stat = source.stat(path);
    if (stat.type !== type) throw new VaultError('not-found', `${shownPath(path)} is something else now`);
    const common = { ...metadata(name, stat), ...this.xattrs(path) };
    const node: SpecialNode =
      type === 'fifo' ? { ...common, type } : { ...common, type, number: stat.number ?? NO_NUMBER };
    await emit({ kind: 'node', node });
    tally.specials++;
    if (!before || substanceKey(before) !== substanceKey(node))
      onItem?.({ path, change: before ? 'changed' : 'new', bytes: 0 });
  }

  /** What cannot be read of them is told; the entry is kept without. */
  xattrs(path: BytePath): Pick<NodeMetadata, 'xattrs'> {
    try {
      return this.#usable(path, this.#options.source.xattrs(path));
    } catch (error) {
      this.failed(path, error);
      return {};
    }
  }

  /** What the source refuses is noted; everything else (the mesh, the books, an abort) ends the run. */
  failed(path: BytePath, error: unknown): void {
    const { tally, onFailure } = this.#options;
    if (isVaultError(error, 'not-found')) {
      tally.vanished++;
    } else if (isVaultError(error, 'source-unreadable')) {
      tally.addUnreadable({ path: shownPath(path), code: error.code, message: error.message });
    } else {
      throw error;
    }
    onFailure(path);
  }

  /** Same times, same inode: its metadata is what it was, too. */
  #unchanged(before: FileNode): Promise<void> | undefined {
    const { tally, emit } = this.#options;
    tally.unmodified(before.size);
    return emit({ kind: 'node', node: before });
  }

  #changed(found: FoundFile): Promise<void> | undefined {
    const { path, seen } = found;
    if (seen.size >= SMALL_FILE_BYTES || seen.links > 1) return this.#later(found);
    const slot = this.#options.content.small({ path, seen });
    return slot instanceof Promise
      ? slot.then((given) => this.#small(found, given))
      : this.#small(found, slot);
  }

  #small(found: FoundFile, slot: SmallSlot): Promise<void> | undefined {
    return this.#options.emit({ kind: 'small', slot, found, finish: this.#finishSmall });
  }

  readonly #finishSmall: SmallEvent['finish'] = (found, read) => {
    const { outcome } = read;
    if (outcome.kind === 'large') return this.#large(found.path).then((begun) => this.#drafted(found, begun));
    try {
      return this.#draft(found, this.#readSmall(found, read));
    } catch (error) {
      this.failed(found.path, error);
      return undefined;
    }
  };

  /** A file that is cut, or one with several names. */
  async #later(found: FoundFile): Promise<void> {
    const known = this.#links.known(found.seen);
    const file = known ? this.#another(found, known) : this.#drafted(found, await this.#first(found));
    file.catch(() => undefined); // thrown by the queue
    await this.#options.emit({ kind: 'later', file, bytes: found.seen.size });
  }

  /** Resolves when it is begun; what comes of it is told later. */
  async #first(found: FoundFile): Promise<Begun> {
    const { path, seen } = found;
    const begun =
      seen.size < SMALL_FILE_BYTES
        ? { read: this.#settled(found, await this.#options.content.small({ path, seen })) }
        : await this.#large(path);
    this.#links.remember(
      seen,
      begun.read.catch(() => undefined),
    );
    return begun;
  }

  /** Another name of a file that is being read already. Should that fail, it is read under this one. */
  async #another(found: FoundFile, known: Promise<ReadFile | undefined>): Promise<FileDraft | undefined> {
    const read = await known;
    if (!read) return await this.#drafted(found, await this.#first(found));
    return this.#draft(found, { ...read, xattrs: this.xattrs(found.path) });
  }

  async #settled(found: FoundFile, slot: SmallSlot): Promise<ReadMore> {
    const read = await readOf(slot);
    if (read.outcome.kind === 'large') return await (await this.#large(found.path)).read;
    return this.#readSmall(found, read);
  }

  /** Throws why it could not be read. */
  #readSmall({ path }: FoundFile, { outcome, part }: SmallFileRead): ReadMore {
    const { tally } = this.#options;
    if (outcome.kind === 'failed') throw outcome.error;
    assert(outcome.kind === 'read', 'a file that is cut is not read like a small one');
    const { stat, length, changed, xattrs, xattrsError } = outcome;
    if (xattrsError) this.failed(path, xattrsError);
    if (changed) tally.changedWhileRead++;
    tally.bytesDone += length;
    const content = { size: length, parts: part ? [part] : [], indirect: false };
    return { stat, content, xattrs: this.#usable(path, xattrs) };
  }

  /** Resolves when the file has been read. */
  async #large(path: BytePath): Promise<Begun> {
    const { source } = this.#options;
    const file = source.openSlow?.(path) ?? source.open(path);
    try {
      const stat = file.stat();
      if (stat.type !== 'file') throw new VaultError('not-found', `${shownPath(path)} is no file any more`);
      const { content } = await this.#options.large.read(endingAt(file, stat.size));
      this.#noteChange(file, stat);
      const xattrs = this.xattrs(path);
      return { read: content.then((where) => ({ stat, content: where, xattrs })) };
    } finally {
      file.close();
    }
  }

  /** `undefined` for a file that could not be read: that is noted, and it is left out. */
  async #drafted(found: FoundFile, { read }: Begun): Promise<FileDraft | undefined> {
    try {
      return this.#draft(found, await read);
    } catch (error) {
      this.failed(found.path, error);
      return undefined;
    }
  }

  #draft({ path, name, seen, before }: FoundFile, { stat, content, xattrs }: ReadMore): FileDraft {
    const { tally, onItem } = this.#options;
    const { size, parts, indirect } = content;
    const changed = tally.filesChanged;
    if (!before) tally.filesNew++;
    else if (looksUnchanged(seen, before) && sameContent(parts, before.content)) tally.filesUnmodified++;
    else tally.filesChanged++;
    if (!before || tally.filesChanged > changed)
      onItem?.({ path, change: before ? 'changed' : 'new', bytes: size });
    tally.bytes += size;
    const hardLink = stat.links > 1 ? { hardLink: `${stat.device}:${stat.inode}` } : {};
    return {
      ...metadata(name, stat),
      type: 'file' as const,
      size,
      indirect,
      sparse: stat.sparse,
      ...hardLink,
      ...xattrs,
      parts,
    };
  }

  /** The entry keeps the times from before the read, so that the next run sees the difference and reads again. */
  #noteChange(file: SlowFile, before: SourceStat): void {
    const after = file.stat();
    const same =
      after.size === before.size &&
      after.mtime.seconds === before.mtime.seconds &&
      after.mtime.nanoseconds === before.mtime.nanoseconds;
    if (!same) this.#options.tally.changedWhileRead++;
  }

  #usable(path: BytePath, xattrs: readonly ExtendedAttribute[]): Pick<NodeMetadata, 'xattrs'> {
    if (xattrs.length === 0) return {};
    if (areXattrs(xattrs)) return { xattrs };
    const message = `the extended attributes of ${shownPath(path)} are too large`;
    this.failed(path, new VaultError('source-unreadable', message));
    return {};
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

export function metadata(name: BytePath, stat: SourceStat): NodeMetadata {
  const { mode, uid, gid, user, group, mtime, ctime, birth, inode } = stat;
  return {
    name: bytesOfPath(name),
    mode,
    uid,
    gid,
    mtime,
    ctime,
    inode,
    ...(birth === undefined ? {} : { birth }),
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
  };
}
