/** Writes the tree of a snapshot again without what is left out: folders in which nothing goes are referred to, and no file's content is touched. */
import type { BlobRef } from '../format/blob-ref.ts';
import { type Digest, keyOf } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { type BytePath, joinPath, pathOfBytes } from './byte-path.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';
import type { TreeExclusion } from './tree-exclusion.ts';
import type { TreeReader } from './tree-reader.ts';
import type { TreeWriter } from './tree-writer.ts';

export interface RewriteTreeOptions {
  readonly root: readonly BlobRef[];
  readonly reader: TreeReader;
  readonly exclusion: TreeExclusion;
  readonly writer: TreeWriter;
  readonly wait?: WaitOptions;
}

export interface RewrittenTree {
  readonly root: readonly BlobRef[];
  /** Chunks with the folders that are not what they were, the root among them; each once. */
  readonly chunks: readonly Digest[];
}

/** Its chunks are sealed when it resolves, and may still be on their way. Throws what reading a folder and sending a chunk throw. */
export async function rewriteTree(options: RewriteTreeOptions): Promise<RewrittenTree> {
  const { writer, root } = options;
  const places: ContentPart[] = [];
  writer.enter();
  await rewriteFolder(options, '/', root, places);
  const pages = await writer.finish();
  const chunks = new Map<string, Digest>();
  for (const place of [...places, ...pages]) {
    const { chunk } = await placeOf(place);
    chunks.set(keyOf(chunk), chunk);
  }
  return { root: pages, chunks: [...chunks.values()] };
}

async function rewriteFolder(
  options: RewriteTreeOptions,
  path: BytePath,
  pages: readonly BlobRef[],
  places: ContentPart[],
): Promise<void> {
  const { reader, exclusion, writer, wait } = options;
  for await (const node of reader.pages(pages, wait)) {
    const below = joinPath(path, pathOfBytes(node.name));
    if (exclusion.leavesOut(below)) continue;
    if (node.type !== 'directory') await writer.add(node);
    else if (!(await exclusion.removedFrom(below, node.pages))) await writer.folder(node, node.pages);
    else {
      writer.enter();
      await rewriteFolder(options, below, node.pages, places);
      places.push(...(await writer.leave(node)));
    }
  }
}
