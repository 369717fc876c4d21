/** Writes the tree of a snapshot again without what is left out: folders in which nothing changes are referred to. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { FileNode } from '../format/tree-page.ts';
import { type Digest, keyOf } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { type BytePath, joinPath, pathOfBytes } from './byte-path.ts';
import type { ContentMover } from './move-content.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';
import type { TreeExclusion } from './tree-exclusion.ts';
import type { TreeReader } from './tree-reader.ts';
import type { TreeWriter } from './tree-writer.ts';
import type { ChunkSink } from './upload.ts';

export interface RewriteTreeOptions {
  readonly root: readonly BlobRef[];
  readonly reader: TreeReader;
  readonly exclusion: TreeExclusion;
  readonly writer: TreeWriter;
  /** Takes the contents of files that stay out of chunks that they share with what goes. */
  readonly move?: { readonly mover: ContentMover; readonly sink: ChunkSink } | undefined;
  readonly wait?: WaitOptions;
}

export interface RewrittenTree {
  readonly root: readonly BlobRef[];
  /** Chunks with the folders that are not what they were, the root among them, and with contents that were moved; each once. */
  readonly chunks: readonly Digest[];
}

/** Its chunks are sealed when it resolves, and may still be on their way. Throws what reading a folder and sending a chunk throw. */
export async function rewriteTree(options: RewriteTreeOptions): Promise<RewrittenTree> {
  const { writer, root, move } = options;
  const places: ContentPart[] = [];
  if (move) {
    await moveContents(options, '/', root);
    await move.mover.finish(move.sink);
  }
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
  const { reader, exclusion, writer, move, wait } = options;
  for await (const node of reader.pages(pages, wait)) {
    const below = joinPath(path, pathOfBytes(node.name));
    if (exclusion.leavesOut(below)) continue;
    if (node.type !== 'directory') {
      const content =
        move && exclusion.sharesChunk(node) ? node.content.map((ref) => move.mover.placeOf(ref)) : [];
      if (content.length === 0) await writer.add(node);
      else {
        places.push(...content);
        await writer.add({ ...(node as FileNode), content });
      }
    } else if (!(await isChanged(options, below, node.pages))) await writer.folder(node, node.pages);
    else {
      writer.enter();
      await rewriteFolder(options, below, node.pages, places);
      places.push(...(await writer.leave(node)));
    }
  }
}

async function isChanged(
  { exclusion, move }: RewriteTreeOptions,
  path: BytePath,
  pages: readonly BlobRef[],
): Promise<boolean> {
  if (await exclusion.removedFrom(path, pages)) return true;
  return move !== undefined && (await exclusion.sharingIn(path, pages)) !== undefined;
}

async function moveContents(
  options: RewriteTreeOptions,
  path: BytePath,
  pages: readonly BlobRef[],
): Promise<void> {
  const { reader, exclusion, move, wait = {} } = options;
  if (!move || !(await exclusion.sharingIn(path, pages))) return;
  for await (const node of reader.pages(pages, wait)) {
    const below = joinPath(path, pathOfBytes(node.name));
    if (exclusion.leavesOut(below)) continue;
    if (node.type === 'directory') await moveContents(options, below, node.pages);
    else if (exclusion.sharesChunk(node))
      for (const ref of node.content) await move.mover.take(ref, move.sink, wait);
  }
}
