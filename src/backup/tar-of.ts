/** Entries of a snapshot as a tar, streamed: pax with raw names, nanoseconds, owners, links, hard links and extended attributes. */
import type { FileNode, TreeNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { TAR_END, tarHead, tarPadding } from './tar-head.ts';

export interface TarEntry {
  /** Raw bytes, relative, no "/" at either end. */
  readonly path: Uint8Array;
  readonly node: TreeNode;
}

export interface TarOptions {
  /** All bytes of a file, as many as its node says. */
  readonly content: (node: FileNode) => AsyncIterable<Uint8Array>;
}

/**
 * A folder comes before what is in it, as `entries` have it. Files with several names are written once, the other names as hard links.
 * Throws what `entries` and `content` throw: then the tar is not complete, and has no end mark.
 */
export async function* tarOf(
  entries: AsyncIterable<TarEntry>,
  { content }: TarOptions,
): AsyncGenerator<Uint8Array> {
  const firstNames = new Map<string, Uint8Array>();
  for await (const { path, node } of entries) {
    const first = node.type === 'file' ? firstName(firstNames, node, path) : undefined;
    yield tarHead(path, node, first);
    if (node.type !== 'file' || first) continue;
    let written = 0;
    for await (const bytes of content(node)) {
      written += bytes.length;
      yield bytes;
    }
    if (written !== node.size) throw new VaultError('corrupt', 'the content of a file is not of its size');
    yield tarPadding(written);
  }
  yield TAR_END;
}

/** `undefined` for the first name of a file, or its only one. Grows with the number of files that have several. */
function firstName(known: Map<string, Uint8Array>, node: FileNode, path: Uint8Array): Uint8Array | undefined {
  if (node.hardLink === undefined) return undefined;
  const { seconds, nanoseconds } = node.mtime;
  const key = `${node.hardLink}/${node.size}/${seconds}.${nanoseconds}`;
  const first = known.get(key);
  if (!first) known.set(key, path);
  return first;
}
