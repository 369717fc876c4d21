/** The snapshots of a vault as files and folders to look at: the shelves above them, and what is in each, but for pipes and devices. */
import { hash } from 'node:crypto';
import type { CachedTreeReader } from '../backup/cached-tree-reader.ts';
import { listTree } from '../backup/list.ts';
import type { OpenedChunks } from '../backup/opened-chunks.ts';
import { readRange } from '../backup/read-range.ts';
import { resolveLink } from '../backup/resolve-link.ts';
import { type TarEntry, tarOf } from '../backup/tar-of.ts';
import { type BlobRef, packRefs } from '../format/blob-ref.ts';
import {
  type DirectoryNode,
  type FileNode,
  isSpecial,
  type Timestamp,
  type TreeNode,
} from '../format/tree-page.ts';
import { concatBytes, utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { DavEntry, DavFile, DavFolder, DavNode, DavTree } from '../webdav/dav-entry.ts';
import { rawNames, shownName } from '../webdav/shown-name.ts';
import {
  isSnapshot,
  type SnapshotFolder,
  type SnapshotPlace,
  snapshotFolders,
} from '../webdav/snapshot-folders.ts';

export interface MountedTreeParts {
  /** Oldest first; never throws. */
  readonly snapshots: () => Promise<readonly SnapshotRecord[]>;
  readonly chunks: OpenedChunks;
  readonly reader: CachedTreeReader;
  readonly timeZone: string;
}

interface Mounted {
  readonly id: string;
  readonly timeMs: number;
  readonly host: string;
  readonly tags: readonly string[];
  readonly root: readonly BlobRef[];
}

/** A folder of one snapshot, with the raw names that lead to it. */
interface Inside {
  readonly snapshot: Mounted;
  readonly path: readonly Uint8Array[];
  readonly pages: readonly BlobRef[];
}

const EXECUTABLE = 0o111;

export class MountedTree implements DavTree {
  readonly #parts: MountedTreeParts;

  constructor(parts: MountedTreeParts) {
    this.#parts = parts;
  }

  async find(names: readonly string[], signal: AbortSignal): Promise<DavNode | undefined> {
    const records = await this.#parts.snapshots();
    const mounted = records.map(({ id, snapshot: { time, host, tags, root } }) => ({
      id,
      timeMs: time,
      host,
      tags,
      root,
    }));
    let place: SnapshotPlace<Mounted> = snapshotFolders(mounted, this.#parts.timeZone);
    for (const [i, name] of names.entries()) {
      if (isSnapshot(place)) return await this.#inSnapshot(place.snapshot, names.slice(i), signal);
      const next: SnapshotPlace<Mounted> | undefined = place.get(name);
      if (!next) return undefined;
      place = next;
    }
    const name = names.at(-1) ?? '';
    return isSnapshot(place)
      ? this.#snapshot(name, place.snapshot)
      : shelf(name, place, mounted.at(-1)?.timeMs ?? 0);
  }

  #snapshot(name: string, snapshot: Mounted): DavFolder {
    const inside = { snapshot, path: [], pages: snapshot.root };
    return this.#folder({ ...folderEntry(name, snapshot.timeMs) }, inside, undefined);
  }

  async #inSnapshot(
    snapshot: Mounted,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<DavNode | undefined> {
    let inside: Inside = { snapshot, path: [], pages: snapshot.root };
    let node: TreeNode | undefined;
    for (const name of names) {
      if (node && node.type !== 'directory') return undefined;
      node = await this.#child(inside.pages, name, signal);
      if (!node || isSpecial(node)) return undefined;
      if (node.type === 'directory')
        inside = { snapshot, path: [...inside.path, node.name], pages: node.pages };
    }
    return node && (await this.#node(node, inside, signal));
  }

  async #child(pages: readonly BlobRef[], name: string, signal: AbortSignal): Promise<TreeNode | undefined> {
    for (const raw of rawNames(name)) {
      const found = await this.#parts.reader.find(pages, raw, { signal });
      if (found) return found;
    }
    return undefined;
  }

  /** `inside` is the folder itself for a folder, the one that it is in for anything else. */
  async #node(node: TreeNode, inside: Inside, signal: AbortSignal): Promise<DavNode> {
    if (node.type === 'directory')
      return this.#folder(folderEntry(shownName(node.name), msOf(node.mtime)), inside, node);
    const file = node.type === 'file' ? node : await this.#behind(node, inside, signal);
    const name = shownName(node.name);
    if (file) return this.#file(name, file);
    return textFile(name, node);
  }

  #folder(entry: DavFolder, inside: Inside, node: DirectoryNode | undefined): DavFolder {
    return {
      ...entry,
      children: (signal) => this.#children(inside, signal),
      tar: (signal) => this.#tar(entry.name, inside, node, signal),
    };
  }

  #file(name: string, node: FileNode): DavFile {
    const { chunks } = this.#parts;
    return {
      name,
      folder: false,
      size: node.size,
      modifiedMs: msOf(node.mtime),
      etag: etagOf(concatBytes(utf8(`${node.size} ${node.indirect} `), packRefs(node.content))),
      executable: (node.mode & EXECUTABLE) !== 0,
      read: (range, signal) => readRange(chunks, node, { ...range, signal }),
    };
  }

  /** The file that a link leads to. Folders are not followed: whoever walks the tree would never come to an end. */
  async #behind(
    node: TreeNode,
    { snapshot, path }: Inside,
    signal: AbortSignal,
  ): Promise<FileNode | undefined> {
    if (node.type !== 'symlink') return undefined;
    const target = await resolveLink(this.#parts.reader, { root: snapshot.root, folder: path }, node, {
      signal,
    });
    return target?.type === 'file' ? target : undefined;
  }

  async *#children(inside: Inside, signal: AbortSignal): AsyncGenerator<DavEntry> {
    for await (const node of this.#parts.reader.pages(inside.pages, { signal })) {
      if (!isSpecial(node)) yield await this.#node(node, inside, signal);
    }
  }

  #tar(
    name: string,
    inside: Inside,
    node: DirectoryNode | undefined,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const { chunks } = this.#parts;
    const top = node?.name ?? utf8(name);
    return tarOf(this.#below(top, inside, node, signal), {
      content: (file) => readRange(chunks, file, { start: 0, end: file.size, signal }),
    });
  }

  async *#below(
    top: Uint8Array,
    { pages }: Inside,
    node: DirectoryNode | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<TarEntry> {
    if (node) yield { path: top, node };
    for await (const entry of listTree({
      root: pages,
      recursive: true,
      chunks: this.#parts.chunks,
      signal,
    })) {
      if ('error' in entry) throw entry.error;
      yield { path: concatBytes(top, utf8('/'), entry.path), node: entry.node };
    }
  }
}

function shelf(name: string, folder: SnapshotFolder<Mounted>, newestMs: number): DavFolder {
  return {
    ...folderEntry(name, newestMs),
    children: async function* () {
      for (const [child, place] of folder) {
        yield folderEntry(child, isSnapshot(place) ? place.snapshot.timeMs : newestMs);
      }
    },
  };
}

/** A link that leads to no file of its snapshot: its target as text. */
function textFile(name: string, node: TreeNode): DavFile {
  if (node.type !== 'symlink') throw new VaultError('internal', 'bug: only a link is shown as text');
  const { target, mtime } = node;
  return {
    name,
    folder: false,
    size: target.length,
    modifiedMs: msOf(mtime),
    etag: etagOf(target),
    read: async function* ({ start, end }) {
      yield target.subarray(start, end);
    },
  };
}

function folderEntry(name: string, modifiedMs: number): DavFolder {
  return { name, folder: true, size: 0, modifiedMs, children: nothing };
}

async function* nothing(): AsyncGenerator<DavEntry> {}

function etagOf(content: Uint8Array): string {
  return hash('sha256', content, 'hex').slice(0, 32);
}

function msOf({ seconds, nanoseconds }: Timestamp): number {
  return seconds * 1000 + Math.floor(nanoseconds / 1e6);
}
