/** Writes the tree of a snapshot of another vault again in this one, entry by entry with all metadata (C6). */
import type { BlobRef } from '../format/blob-ref.ts';
import type { FileNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { ChunkBooks } from '../vault/chunk-books.ts';
import type { CopyContents } from './copy-contents.ts';
import type { CopySource } from './copy-source.ts';
import type { TreeQueue } from './tree-queue.ts';
import { MAX_DEPTH } from './tree-reader.ts';
import { sameContent, sameFolder, TwinFolder, type TwinPages, type TwinReaders } from './twin-folder.ts';

export interface CopyTreeOptions {
  readonly source: CopySource;
  readonly contents: CopyContents;
  readonly tree: TreeQueue;
  readonly books: Pick<ChunkBooks, 'reuseChunk'>;
  readonly twins: TwinReaders;
  /** A file of which nothing has to be read; `contents` tells the bytes of all others. */
  readonly onKnown: (bytes: number) => void;
  readonly onFile: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** `twin`: pages of a snapshot like this one, and of its copy by this device. Pushes what stands between the first `enter` and `finish`. */
export async function copyTree(
  options: CopyTreeOptions,
  pages: readonly BlobRef[],
  twin: TwinPages | undefined,
  depth = 0,
): Promise<void> {
  const { source, tree, books, twins, signal } = options;
  if (depth > MAX_DEPTH)
    throw source.noted(new VaultError('corrupt', 'its folders lie deeper than any system has them'));
  const beside = twin && new TwinFolder(twin, twins);
  for await (const node of source.entries(pages)) {
    signal?.throwIfAborted();
    const before = await beside?.find(node.name);
    if (node.type === 'file') await copyFile(options, node, sameContent(node, before));
    else if (node.type !== 'directory') await tree.push({ kind: 'node', node });
    else {
      const known = sameFolder(node.pages, before);
      if (known?.every(({ chunk }) => books.reuseChunk(chunk))) {
        await tree.push({ kind: 'folder', node, pages: known });
        continue;
      }
      const below =
        before?.from.type === 'directory' && before.to.type === 'directory'
          ? { from: before.from.pages, to: before.to.pages }
          : undefined;
      await tree.push({ kind: 'enter' });
      await copyTree(options, node.pages, below, depth + 1);
      await tree.push({ kind: 'leave', node, mark: undefined });
    }
  }
}

async function copyFile(
  { contents, tree, books, onKnown, onFile }: CopyTreeOptions,
  node: FileNode,
  known: Pick<FileNode, 'content' | 'indirect'> | undefined,
): Promise<void> {
  onFile();
  if (known?.content.every(({ chunk }) => books.reuseChunk(chunk))) {
    onKnown(node.size);
    await tree.push({
      kind: 'node',
      node: { ...node, content: known.content, indirect: known.indirect },
    });
    return;
  }
  const { content: _taken, ...rest } = node;
  const { placed } = await contents.take(node);
  const file = placed.then(({ content, indirect }) => ({
    ...rest,
    parts: content,
    indirect,
  }));
  file.catch(() => undefined); // thrown when its turn comes
  await tree.push({ kind: 'later', file, bytes: node.size });
}
