/** Snapshots written by hand through the format's encoders, and a reader of their chunks that can be told to fail. */
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { deriveVaultKeys, type VaultKeys } from '../../src/crypto/vault-keys.ts';
import type { BlobRef } from '../../src/format/blob-ref.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import {
  type DirectoryNode,
  encodeTreePage,
  type FileNode,
  type LinkNode,
  type NodeMetadata,
  type TreeNodeDraft,
} from '../../src/format/tree-page.ts';
import { compareBytes, concatBytes, utf8 } from '../../src/model/bytes.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import type { ChunkReader, WaitOptions } from '../../src/store/chunk-store.ts';

export const TEST_KEYS: VaultKeys = deriveVaultKeys(new Uint8Array(32).fill(7));

export class HandMadeSnapshot implements ChunkReader {
  readonly chunks: Map<string, Uint8Array> = new Map();
  /** What to do for a digest instead of answering. */
  readonly faults: Map<string, () => Uint8Array | undefined> = new Map();
  /** Runs before each answer. */
  before: (options: WaitOptions) => Promise<void> = () => Promise.resolve();
  gets = 0;
  asking = 0;
  mostAsking = 0;

  async get(digest: Digest, options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    this.gets++;
    this.asking++;
    this.mostAsking = Math.max(this.mostAsking, this.asking);
    try {
      await this.before(options);
      const fault = this.faults.get(keyOf(digest));
      return fault ? fault() : this.chunks.get(keyOf(digest))?.slice();
    } finally {
      this.asking--;
    }
  }

  seal(kind: ChunkKind, plain: Uint8Array): Digest {
    const { digest, bytes } = sealChunk(TEST_KEYS, kind, plain);
    this.chunks.set(keyOf(digest), bytes);
    return digest;
  }

  /** Several contents laid end to end in one chunk. */
  bundle(contents: readonly Uint8Array[]): BlobRef[] {
    const chunk = this.seal(ChunkKind.content, concatBytes(...contents));
    let offset = 0;
    return contents.map(({ length }) => {
      const ref = { chunk, offset, length };
      offset += length;
      return ref;
    });
  }

  file(name: string | Uint8Array, parts: readonly Uint8Array[], other: Partial<FileNode> = {}): FileNode {
    const content = parts.flatMap((part) => this.bundle([part]));
    return fileOf(name, content, other);
  }

  directory(
    name: string | Uint8Array,
    nodes: readonly TreeNodeDraft[],
    other: Partial<NodeMetadata> = {},
  ): DirectoryNode {
    return { ...meta(name, 0o755), ...other, type: 'directory', pages: this.pages(nodes) };
  }

  /** Pages of a directory with these entries, `perPage` to a page, all in one chunk. */
  pages(nodes: readonly TreeNodeDraft[], perPage = 1000): BlobRef[] {
    const sorted = [...nodes].sort((a, b) => compareBytes(a.name, b.name));
    const pages: Uint8Array[] = [];
    for (let at = 0; at < sorted.length; at += perPage)
      pages.push(encodeTreePage(sorted.slice(at, at + perPage)));
    return this.rawPages(pages);
  }

  rawPages(pages: readonly Uint8Array[]): BlobRef[] {
    if (pages.length === 0) return [];
    const chunk = this.seal(ChunkKind.tree, concatBytes(...pages));
    let offset = 0;
    return pages.map(({ length }) => {
      const ref = { chunk, offset, length };
      offset += length;
      return ref;
    });
  }

  fail(digest: Digest, answer: () => Uint8Array | undefined): void {
    this.faults.set(keyOf(digest), answer);
  }
}

export function fileOf(
  name: string | Uint8Array,
  content: readonly BlobRef[],
  other: Partial<FileNode> = {},
): FileNode {
  const size = content.reduce((sum, ref) => sum + ref.length, 0);
  return {
    ...meta(name, 0o644),
    size,
    content,
    indirect: false,
    sparse: false,
    ...other,
    type: 'file',
  };
}

export function linkTo(name: string | Uint8Array, target: string | Uint8Array): LinkNode {
  return { ...meta(name, 0o777), type: 'symlink', target: bytesOf(target) };
}

/** Owned by whoever runs the tests. */
export function meta(name: string | Uint8Array, mode: number): NodeMetadata {
  return {
    name: bytesOf(name),
    mode,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtime: { seconds: 1_600_000_000, nanoseconds: 123_456_789 },
    ctime: { seconds: 1_600_000_001, nanoseconds: 1 },
    inode: 1n,
  };
}

export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? utf8(text) : text;
}
