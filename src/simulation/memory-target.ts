/** A tree in memory as the target of a restore. */
import { type BytePath, joinNames } from '../backup/byte-path.ts';
import type { FileTable } from '../backup/file-table.ts';
import type { FileTarget, LostXattrs, PreparedTarget, Verified } from '../backup/file-target.ts';
import type { Attributes, PartialFile, Place, Slot, TargetFolder } from '../backup/target-folder.ts';
import { openChunk } from '../crypto/chunk-cipher.ts';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { NodeMetadata } from '../format/tree-page.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { MemoryNode, MemoryTree } from './memory-tree.ts';

/** Inodes are not restored, so they are not compared. */
const NO_INODE = 0n;
const EMPTY = new Uint8Array(0);

class MemoryFolder implements TargetFolder {
  readonly path: BytePath;
  readonly fresh = true;
  readonly #nodes: Map<string, MemoryNode>;
  readonly #keys: OpeningKeys;

  constructor(nodes: Map<string, MemoryNode>, keys: OpeningKeys, path: BytePath) {
    this.#nodes = nodes;
    this.#keys = keys;
    this.path = path;
  }

  look(): undefined {
    return undefined;
  }

  list(): readonly BytePath[] {
    return [];
  }

  refresh(): void {
    // Nothing is there before a restore.
  }

  async remove(): Promise<number> {
    return 0;
  }

  makeFolder({ name }: Slot): TargetFolder {
    const folder = new MemoryFolder(this.#nodes, this.#keys, joinNames(this.path, name));
    folder.finish({ mode: 0o700, mtime: { seconds: 0, nanoseconds: 0 }, uid: 0, gid: 0 });
    return folder;
  }

  makeLink({ name }: Slot, target: Uint8Array, { mode, mtime }: Attributes): void {
    this.#put(name, { type: 'symlink', target: target.slice(), mode, mtime, inode: NO_INODE });
  }

  makeSpecial(): void {
    // Nobody's files in a simulation have some.
  }

  hardLink({ name }: Slot, existing: Omit<Place, 'replace'>): void {
    const node = this.#nodes.get(absolute(joinNames(existing.folder.path, existing.name)));
    if (node) this.#put(name, node);
  }

  openFile({ name }: Slot, size: number): PartialFile {
    const content = new Uint8Array(size);
    return {
      write: async (position, sealed, ref) => content.set(partOf(this.#keys, sealed, ref), position),
      finish: (attributes) => this.writeFile(name, content, attributes),
      discard: () => undefined,
      leave: () => undefined,
      adopted: false,
      read: () => EMPTY,
    };
  }

  writeFile(name: BytePath, bytes: Uint8Array, { mode, mtime }: Pick<Attributes, 'mode' | 'mtime'>): void {
    this.#put(name, { type: 'file', bytes, mode, mtime, inode: NO_INODE });
  }

  finish(attributes?: Attributes): void {
    if (!attributes) return;
    const { mode, mtime } = attributes;
    this.#nodes.set(absolute(this.path), { type: 'directory', mode, mtime, inode: NO_INODE });
  }

  #put(name: BytePath, node: MemoryNode): void {
    this.#nodes.set(absolute(joinNames(this.path, name)), node);
  }
}

export class MemoryTarget implements FileTarget {
  readonly lostXattrs: LostXattrs = { count: 0, example: undefined };
  readonly #keys: OpeningKeys;
  readonly #nodes = new Map<string, MemoryNode>();

  constructor(keys: OpeningKeys) {
    this.#keys = keys;
  }

  get tree(): MemoryTree {
    return this.#nodes;
  }

  prepare(): PreparedTarget {
    this.#nodes.clear();
    const folder = new MemoryFolder(this.#nodes, this.#keys, '');
    folder.finish({ mode: 0o700, mtime: { seconds: 0, nanoseconds: 0 }, uid: 0, gid: 0 });
    return { folder, resumed: false };
  }

  attributesOf(node: NodeMetadata): Attributes {
    return node;
  }

  async writeBundle(
    sealed: Uint8Array | undefined,
    files: FileTable,
  ): Promise<readonly (VaultError | undefined)[]> {
    let plain: Uint8Array;
    try {
      plain = sealed ? openChunk(this.#keys, ChunkKind.content, sealed) : EMPTY;
    } catch (error) {
      if (!isVaultError(error)) throw error;
      return files.names.map(() => error);
    }
    return files.names.map((name, index) => {
      const [offset, length] = [files.of(index, 'offset'), files.of(index, 'length')];
      if (offset + length > plain.length) return beyond();
      const mtime = { seconds: files.of(index, 'seconds'), nanoseconds: files.of(index, 'nanoseconds') };
      const folder = files.folderOf(index) as MemoryFolder;
      folder.writeFile(name, plain.slice(offset, offset + length), { mode: files.of(index, 'mode'), mtime });
      return undefined;
    });
  }

  async verify(): Promise<Verified> {
    return { files: 0, bytes: 0 };
  }

  async close(): Promise<void> {
    // It has no threads.
  }
}

function partOf(keys: OpeningKeys, sealed: Uint8Array, { offset, length }: BlobRef): Uint8Array {
  const plain = openChunk(keys, ChunkKind.content, sealed);
  if (offset + length > plain.length) throw beyond();
  return plain.subarray(offset, offset + length);
}

function beyond(): VaultError {
  return new VaultError('corrupt', 'a reference reaches beyond its chunk');
}

function absolute(path: BytePath): string {
  return `/${path}`;
}
