/** Reads any part of a file of a snapshot, in order, a few chunks ahead of who takes it, and no chunk that is not in that part. */
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { contentRefs } from './content-refs.ts';
import type { OpenedChunks } from './opened-chunks.ts';

/** Chunks asked for while one is being sent. */
const AHEAD = 4;

export interface ReadRangeOptions extends WaitOptions {
  /** First byte. */
  readonly start: number;
  /** Behind the last byte; at most the size of the file. */
  readonly end: number;
}

/** Views that must not be changed. Throws 'unavailable', 'lost', 'corrupt' (also when the content is shorter than the file's size). */
export async function* readRange(
  chunks: OpenedChunks,
  node: FileNode,
  { start, end, ...wait }: ReadRangeOptions,
): AsyncGenerator<Uint8Array> {
  const coming: Promise<Uint8Array>[] = [];
  let position = 0;
  for await (const ref of start < end ? contentRefs(chunks, node, wait) : []) {
    const from = position;
    position += ref.length;
    if (position <= start) continue;
    const part = chunks.bytes(ChunkKind.content, ref, wait);
    part.catch(() => undefined); // thrown when its turn comes, or nobody wants it any more
    coming.push(part.then((bytes) => bytes.subarray(Math.max(0, start - from), end - from)));
    coming.at(-1)?.catch(() => undefined);
    const next = coming.length > AHEAD ? coming.shift() : undefined;
    if (next) yield await next;
    if (position >= end) break;
  }
  for (const part of coming) yield await part;
  if (start < end && position < end) {
    throw new VaultError('corrupt', `the content of this file does not make up its ${node.size} bytes`);
  }
}
