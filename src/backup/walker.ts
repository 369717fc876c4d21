/**
 * Walks the source in order of raw names and says what the snapshot's tree is made of; nothing it meets stops it. A folder that looks as it
 * did in the last backup, with all that is below, is taken over whole: it is *opened*, and its entries are gone through, only when
 * something in it or below it looks different.
 */
import type { KeyedHash } from '../crypto/keyed-hash.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { isSpecial, MAX_NAME_BYTES } from '../format/tree-page.ts';
import { assert, VaultError } from '../model/errors.ts';
import { type BytePath, joinPath, shownPath } from './byte-path.ts';
import type { Chooser } from './chooser.ts';
import type { QuickStat, SourceStat } from './file-source.ts';
import { type FolderLook, lookInto, lookOf } from './folder-looks.ts';
import type { FolderDraft, FolderMarks } from './folder-marks.ts';
import type { LookAhead } from './look-ahead.ts';
import type { Pacer } from './pacer.ts';
import type { ParentFolder } from './parent-folder.ts';
import type { PathPlan } from './path-plan.ts';
import { isRacy } from './unchanged.ts';
import { metadata, WalkFiles, type WalkFilesOptions } from './walk-files.ts';

export interface WalkerOptions extends Omit<WalkFilesOptions, 'onFailure'> {
  readonly chooser: Chooser;
  readonly ahead: LookAhead;
  /** A path that the backup was asked for, and that its excludes leave out. */
  readonly onNamedLeftOut: (path: BytePath) => void;
  readonly pacer: Pacer;
  /** When this run began; milliseconds since 1970. */
  readonly startedMs: number;
  /** Makes fingerprints of folders. */
  readonly hash: KeyedHash;
  /** Of the last run, if what it referred to is there still. */
  readonly marks: FolderMarks | undefined;
  /** A folder that may be taken over whole by the next run, and where its pages are or will be. */
  readonly onMark: (mark: FolderDraft, places: readonly BlobRef[]) => void;
  /** Between two entries: progress, periodic commits. */
  readonly onEntry: (path: BytePath) => Promise<void> | undefined;
  readonly signal?: AbortSignal;
}

interface Entry {
  readonly name: BytePath;
  /** Looked at already. */
  readonly seen?: QuickStat;
  /** Of a folder that was taken over whole. */
  pages?: readonly BlobRef[];
  /** It is noted as not being in the snapshot. */
  failed?: true;
}

interface WalkedFolder {
  readonly path: BytePath;
  readonly name: BytePath;
  /** None of the root, which is no entry. */
  readonly stat: SourceStat | undefined;
  readonly plan: PathPlan;
  readonly above: WalkedFolder | undefined;
  /** The same folder in the earlier snapshot; looked for when it is needed. */
  earlier: ParentFolder | undefined;
  entries: readonly Entry[];
  fingerprint: Uint8Array | undefined;
  /** How many entries were gone through or taken over. */
  done: number;
  open: boolean;
}

export class Walker {
  readonly #options: WalkerOptions;
  readonly #files: WalkFiles;
  /** Folders that must not be taken over by the next run, as something in them is not in the snapshot. */
  readonly #unsure = new Set<BytePath>();

  constructor(options: WalkerOptions) {
    this.#options = options;
    this.#files = new WalkFiles({ ...options, onFailure: (path) => this.#unsure.add(folderOf(path)) });
  }

  /** Something in it could not be backed up. */
  isUnsure(folder: BytePath): boolean {
    return this.#unsure.has(folder);
  }

  /** The whole walk from "/"; the root itself is no entry, so its events are the caller's. */
  async root(plan: PathPlan, earlier: ParentFolder): Promise<void> {
    const folder = newFolder({ path: '/', name: '', stat: undefined, plan, earlier, above: undefined });
    folder.open = true;
    await this.#list(folder);
    await this.#through(folder);
  }

  /** Its pages when it was taken over whole; otherwise it is written. */
  async #folder(folder: WalkedFolder): Promise<readonly BlobRef[] | undefined> {
    const { marks, emit, tally, onMark } = this.#options;
    const waits = this.#list(folder);
    if (waits) await waits;
    const { path, fingerprint } = folder;
    const pages = fingerprint && marks?.pagesOf(path, fingerprint);
    if (!pages) await this.#open(folder);
    await this.#through(folder);
    if (folder.entries.some(({ failed }) => failed)) await this.#open(folder);
    tally.directories++;
    if (!folder.open && pages) {
      for (const entry of folder.entries) this.#countUnchanged(folder, entry);
      onMark({ path, fingerprint }, pages);
      return pages;
    }
    assert(folder.stat, 'a folder that is no entry');
    const node = { ...metadata(folder.name, folder.stat), ...this.#files.xattrs(path) };
    const mark = fingerprint && this.#mayBeMarked(folder) ? { path, fingerprint } : undefined;
    await emit({ kind: 'leave', node, mark });
    return undefined;
  }

  /** Goes through the entries of an open folder; of one that is not, only the folders in it are looked into. */
  async #through(folder: WalkedFolder): Promise<void> {
    const { signal, pacer, onEntry } = this.#options;
    for (; folder.done < folder.entries.length; folder.done++) {
      signal?.throwIfAborted();
      if (pacer.due()) await pacer.rest();
      const entry = folder.entries[folder.done] as Entry;
      const isFolder = entry.seen?.type === 'directory';
      if (!folder.open && !isFolder) continue;
      const waits = this.#guarded(folder, entry);
      if (waits) await waits;
      const pause = onEntry(joinPath(folder.path, entry.name));
      if (pause) await pause;
    }
  }

  #guarded(folder: WalkedFolder, entry: Entry): Promise<void> | undefined {
    if (entry.failed) return undefined;
    const failed = (error: unknown): void => {
      this.#files.failed(joinPath(folder.path, entry.name), error);
      entry.failed = true;
    };
    try {
      return this.#entry(folder, entry)?.catch(failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  /** Enters it, after those around it, and goes through what was passed by so far. */
  async #open(folder: WalkedFolder): Promise<void> {
    if (folder.open) return;
    const { above, name } = folder;
    if (above) await this.#open(above);
    folder.earlier ??= above?.earlier?.below(await above.earlier.take(name));
    folder.open = true;
    await this.#options.emit({ kind: 'enter' });
    for (let i = 0; i < folder.done; i++) await this.#guarded(folder, folder.entries[i] as Entry);
  }

  /** A promise where something has to be waited for: most files need none. */
  #entry(folder: WalkedFolder, entry: Entry): Promise<void> | undefined {
    const path = joinPath(folder.path, entry.name);
    const { source, tally } = this.#options;
    const seen = entry.seen ?? source.look(path);
    if (this.#leavesOut(folder, entry.name, seen)) tally.excluded++;
    else if (entry.name.length > MAX_NAME_BYTES)
      throw new VaultError('source-unreadable', `the name of ${shownPath(path)} is too long`);
    else if (seen.type === 'other') tally.specialSkipped++;
    else if (!folder.open) return this.#below(folder, entry, undefined);
    else {
      const earlier = folder.earlier?.take(entry.name);
      if (earlier instanceof Promise)
        return earlier.then((node) => this.#compared(folder, entry, seen, node));
      return this.#compared(folder, entry, seen, earlier);
    }
    return undefined;
  }

  #compared(
    folder: WalkedFolder,
    entry: Entry,
    seen: QuickStat,
    earlier: TreeNode | undefined,
  ): Promise<void> | undefined {
    const { name } = entry;
    const path = joinPath(folder.path, name);
    if (seen.type === 'directory') return this.#below(folder, entry, earlier);
    if (seen.type === 'symlink') return this.#files.link(path, name, earlier);
    if (isSpecial(seen)) return this.#files.special(path, name, seen.type, earlier);
    return this.#files.file({ path, name, seen, before: earlier?.type === 'file' ? earlier : undefined });
  }

  async #below(above: WalkedFolder, entry: Entry, earlier: TreeNode | undefined): Promise<void> {
    const { name } = entry;
    const path = joinPath(above.path, name);
    const stat = this.#options.source.stat(path);
    if (!entry.pages) {
      const plan = above.plan === 'all' ? 'all' : (above.plan.get(name) ?? 'all');
      const below = above.open ? above.earlier?.below(earlier) : undefined;
      const folder = newFolder({ path, name, stat, plan, earlier: below, above });
      const pages = await this.#folder(folder);
      if (!pages) return;
      entry.pages = pages;
    }
    if (!above.open) return;
    const node = { ...metadata(name, stat), ...this.#files.xattrs(path) };
    await this.#options.emit({ kind: 'folder', node, pages: entry.pages });
  }

  /** Folders on the way to what was asked for are not asked about: only what lies below is chosen from. */
  #leavesOut({ path: folder, plan }: WalkedFolder, name: BytePath, seen: QuickStat): boolean {
    const { chooser, onNamedLeftOut } = this.#options;
    const named = plan !== 'all';
    if (named && plan.get(name) !== 'all') return false;
    const path = joinPath(folder, name);
    const out = chooser.leavesOut(path, seen);
    if (out && named) onNamedLeftOut(path);
    return out;
  }

  /** A promise while the folder is being looked at elsewhere. */
  #list(folder: WalkedFolder): Promise<void> | undefined {
    const { path, plan } = folder;
    if (plan !== 'all') {
      folder.entries = [...plan.keys()].sort().map((name) => ({ name }));
      return undefined;
    }
    const ahead = this.#options.ahead.take(path);
    if (ahead instanceof Promise) return ahead.then((look) => this.#listed(folder, look));
    return this.#listed(folder, ahead);
  }

  #listed(folder: WalkedFolder, ahead: FolderLook | undefined): undefined {
    const { source, hash } = this.#options;
    const { path } = folder;
    const look = ahead ?? lookInto(source, hash, path);
    if (!ahead && look.kind === 'looks') this.#options.ahead.found(path, look);
    if (look.kind === 'failed') this.#unlisted(path, look.error);
    else if (look.kind === 'large') folder.entries = this.#names(path);
    else {
      for (const { name, error } of look.failed) this.#files.failed(joinPath(path, name), error);
      folder.entries = look.names.map((name, i) => ({ name, seen: lookOf(look, i) }));
      folder.fingerprint = look.fingerprint;
    }
    return undefined;
  }

  /** Of so many entries that each is looked at only when the walk comes to it. */
  #names(path: BytePath): readonly Entry[] {
    try {
      return this.#options.source.list(path).map((name) => ({ name }));
    } catch (error) {
      this.#unlisted(path, error);
      return [];
    }
  }

  #unlisted(path: BytePath, error: unknown): void {
    this.#files.failed(path, error);
    this.#unsure.add(path);
  }

  /** What has changed since just before the run began may change again unseen. */
  #mayBeMarked({ path, fingerprint, entries }: WalkedFolder): boolean {
    if (!fingerprint || this.#unsure.has(path)) return false;
    return !entries.some(({ seen }) => seen && isRacy(seen, this.#options.startedMs));
  }

  #countUnchanged(folder: WalkedFolder, { name, seen }: Entry): void {
    const { tally } = this.#options;
    if (!seen || seen.type === 'directory') return;
    if (this.#leavesOut(folder, name, seen)) tally.excluded++;
    else if (seen.type === 'file') tally.unmodified(seen.size);
    else if (seen.type === 'symlink') tally.links++;
    else if (isSpecial(seen)) tally.specials++;
    else tally.specialSkipped++;
  }
}

function newFolder(folder: Omit<WalkedFolder, 'entries' | 'fingerprint' | 'done' | 'open'>): WalkedFolder {
  return { ...folder, entries: [], fingerprint: undefined, done: 0, open: false };
}

function folderOf(path: BytePath): BytePath {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
