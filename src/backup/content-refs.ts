/** Where the content of a file lies, in order, whether its node says so itself or refers to lists. */
import type { BlobRef } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { OpenedChunks } from './opened-chunks.ts';

/** Throws 'unavailable', 'lost', 'corrupt' for a list that cannot be had. */
export async function* contentRefs(
  chunks: OpenedChunks,
  node: Pick<FileNode, 'content' | 'indirect'>,
  wait: WaitOptions = {},
): AsyncGenerator<BlobRef> {
  if (!node.indirect) return yield* node.content;
  for (const list of node.content) yield* decodeContentList(await chunks.bytes(ChunkKind.list, list, wait));
}
