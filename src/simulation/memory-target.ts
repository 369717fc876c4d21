/** A tree in memory as the target of a restore. */
import { pathOfBytes } from '../backup/byte-path.ts';
import type { Attributes, FileTarget, LostXattrs, Outcome, PartialFile } from '../backup/file-target.ts';
import type { MemoryNode, MemoryTree } from './memory-tree.ts';

/** Inodes are not restored, so they are not compared. */
const NO_INODE = 0n;

export class MemoryTarget implements FileTarget {
  readonly lostXattrs: LostXattrs = { count: 0, example: undefined };
  readonly #nodes = new Map<string, MemoryNode>();

  get tree(): MemoryTree {
    return this.#nodes;
  }

  prepare(): void {
    this.#nodes.clear();
  }

  makeDirectory(path: Uint8Array): Outcome {
    this.#put(path, {
      type: 'directory',
      mode: 0o700,
      mtime: { seconds: 0, nanoseconds: 0 },
      inode: NO_INODE,
    });
    return 'written';
  }

  finishDirectory(path: Uint8Array, attributes?: Attributes): void {
    if (!attributes) return;
    const { mode, mtime } = attributes;
    this.#put(path, { type: 'directory', mode, mtime, inode: NO_INODE });
  }

  writeFile(path: Uint8Array, bytes: Uint8Array, { mode, mtime }: Attributes): Outcome {
    this.#put(path, { type: 'file', bytes: bytes.slice(), mode, mtime, inode: NO_INODE });
    return 'written';
  }

  openFile(path: Uint8Array, size: number): PartialFile {
    const content = new Uint8Array(size);
    return {
      write: (position, bytes) => content.set(bytes, position),
      finish: (attributes) => void this.writeFile(path, content, attributes),
      discard: () => undefined,
    };
  }

  makeLink(path: Uint8Array, target: Uint8Array, { mode, mtime }: Attributes): Outcome {
    this.#put(path, { type: 'symlink', target: target.slice(), mode, mtime, inode: NO_INODE });
    return 'written';
  }

  hardLink(path: Uint8Array, existing: Uint8Array): Outcome {
    const node = this.#nodes.get(absolute(existing));
    if (node) this.#put(path, node);
    return 'written';
  }

  #put(path: Uint8Array, node: MemoryNode): void {
    this.#nodes.set(absolute(path), node);
  }
}

function absolute(path: Uint8Array): string {
  return `/${pathOfBytes(path)}`;
}
