/** The bytes of one file of a snapshot in order, with some chunks asked for ahead of the reader (T3, T4). */
import type { BlobRef } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { OpenedChunks } from './opened-chunks.ts';

/** Pieces on their way while one is read; at most so many times 4 MiB. */
const AHEAD = 8;

/** Views that must not be changed. Throws 'unavailable', 'lost', 'corrupt' (also when it is not as long as it says). */
export async function* fileBytes(
  node: FileNode,
  chunks: OpenedChunks,
  wait: WaitOptions = {},
): AsyncGenerator<Uint8Array> {
  const ahead: Promise<Uint8Array>[] = [];
  let length = 0;
  for await (const ref of refsOf(node, chunks, wait)) {
    length += ref.length;
    if (length > node.size) throw notItsSize(node.size);
    const piece = chunks.bytes(ChunkKind.content, ref, wait);
    piece.catch(() => undefined); // whoever comes to it hears of it
    ahead.push(piece);
    const first = ahead.length >= AHEAD ? ahead.shift() : undefined;
    if (first) yield await first;
  }
  for (const piece of ahead) yield await piece;
  if (length !== node.size) throw notItsSize(node.size);
}

async function* refsOf(node: FileNode, chunks: OpenedChunks, wait: WaitOptions): AsyncGenerator<BlobRef> {
  if (!node.indirect) return yield* node.content;
  for (const list of node.content) yield* decodeContentList(await chunks.bytes(ChunkKind.list, list, wait));
}

function notItsSize(size: number): VaultError {
  return new VaultError('corrupt', `the content of this file does not make up its ${size} bytes`);
}
