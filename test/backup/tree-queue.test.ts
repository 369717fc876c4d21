/** Entries wait in order for their content, and what waits is bounded by what it costs, not only by how many they are (T4). */
import { describe, expect, it } from 'vitest';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { type ContentPart, PendingChunk } from '../../src/backup/pending-chunk.ts';
import { TreeQueue } from '../../src/backup/tree-queue.ts';
import { TreeWriter } from '../../src/backup/tree-writer.ts';
import type { ChunkDraft } from '../../src/backup/upload.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { MiB } from '../../src/model/units.ts';
import { KEYS } from './rehearsal.ts';

const DIGEST = new Uint8Array(32).fill(9);
const TIME = { seconds: 0, nanoseconds: 0 };

function fileEvent(number: number, parts: readonly ContentPart[]): Parameters<TreeQueue['push']>[0] {
  const name = utf8(`file-${String(number).padStart(8, '0')}`);
  const common = { name, mode: 0o644, uid: 0, gid: 0, mtime: TIME, ctime: TIME, inode: 1n };
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const file = { ...common, type: 'file' as const, size, indirect: false, sparse: false, parts };
  return { kind: 'later', file: Promise.resolve(file), bytes: parts.length * MiB };
}

function writer(): TreeWriter {
  const send = async (_draft: ChunkDraft, _seal: unknown, chunk: PendingChunk): Promise<void> =>
    chunk.resolve(DIGEST);
  const crew = inlineCrew(nodeFileSource(), KEYS, { bundleBytes: MiB });
  return new TreeWriter({ keys: KEYS, crew, sink: { send }, find: () => undefined });
}

/** How many files of `count` parts wait behind one whose bundle is open before the queue asks for the bundle to be sent. */
async function waitingBehind(count: number): Promise<number> {
  const open = new PendingChunk();
  let pushed = 0;
  let full = 0;
  const onFull = async (): Promise<void> => {
    full ||= pushed;
    open.resolve(DIGEST);
  };
  const queue = new TreeQueue({ writer: writer(), onFull });
  await queue.push({ kind: 'enter' });
  await queue.push(fileEvent(0, [{ pending: open, offset: 0, length: 1 }]));
  const parts = Array.from({ length: count }, (_, i) => ({ chunk: DIGEST, offset: i, length: 1 }));
  while (full === 0) await queue.push(fileEvent(++pushed, parts));
  expect(await queue.finish()).not.toEqual([]);
  return full;
}

describe('the queue of tree entries', () => {
  it('lets thousands of small files wait for their bundle', async () => {
    expect(await waitingBehind(1)).toBeGreaterThan(4000);
  });

  it('lets few large files wait behind a small one: their pieces cost memory', async () => {
    expect(await waitingBehind(1024)).toBeLessThan(40);
  });
});
