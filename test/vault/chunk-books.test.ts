/** The books of chunks: what may be re-used, what must be sent, what a log entry has to add (L1, L2, C3). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChunkKind } from '../../src/format/kinds.ts';
import type { ChunkBooks } from '../../src/vault/chunk-books.ts';
import { VaultState } from '../../src/vault/vault-state.ts';

const digest = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const id = (n: number): Uint8Array => new Uint8Array(20).fill(n);
const bundle = {
  digest: digest(1),
  kind: ChunkKind.content,
  blobs: [1, 2, 3].map((n) => ({ id: id(n), length: n * 10 })),
};
const added = [{ digest: digest(1), size: 500 }];

function books(): ChunkBooks {
  const state = VaultState.open(':memory:', { vault: digest(8), device: digest(9) });
  onTestFinished(() => state.close());
  state.chunks.beginRun();
  return state.chunks;
}

describe('content that was sent', () => {
  it('is found at its place in the bundle, of its own kind only', () => {
    const chunks = books();
    chunks.addPending(bundle, 500, 3);
    expect(chunks.reuse(ChunkKind.content, id(3))).toEqual({ chunk: digest(1), offset: 30, length: 30 });
    expect(chunks.reuse(ChunkKind.tree, id(3))).toBeUndefined();
  });

  it('is added once an index names it, and only when a run refers to it', () => {
    const chunks = books();
    chunks.addPending(bundle, 500, 3);
    expect(chunks.chunksToAdd(10)).toEqual([]);
    expect([...chunks.chunksToIndex()]).toEqual([bundle]);
    chunks.markIndexed([digest(1)]);
    expect(chunks.chunksToAdd(10)).toEqual(added);
    chunks.beginRun();
    expect(chunks.chunksToAdd(10)).toEqual([]);
    expect(chunks.reuseChunk(digest(1))).toBe(true);
    expect([...chunks.chunksToIndex()]).toEqual([bundle]);
  });

  it('counts for the least number of holders while it waits for its commit', () => {
    const chunks = books();
    expect(chunks.fewestHolders()).toBeUndefined();
    chunks.addPending(bundle, 500, 3);
    chunks.addPending({ digest: digest(2), kind: ChunkKind.tree, blobs: [] }, 100, 1);
    expect(chunks.fewestHolders()).toBe(1);
  });

  it('is unknown again after it expired', () => {
    const chunks = books();
    chunks.addPending(bundle, 500, 3);
    chunks.dropPending(digest(1));
    expect(chunks.reuse(ChunkKind.content, id(1))).toBeUndefined();
    expect(chunks.reuseChunk(digest(1))).toBe(false);
  });
});

describe('content in the logs', () => {
  it('of another device is added by this one when it is re-used (L1)', () => {
    const chunks = books();
    chunks.applyEntry({ device: 2, own: false }, added, []);
    chunks.addIndexed([bundle]);
    expect(chunks.chunksToAdd(10)).toEqual([]);
    expect(chunks.reuse(ChunkKind.content, id(2))?.offset).toBe(10);
    expect(chunks.chunksToAdd(10)).toEqual(added);
    chunks.applyEntry({ device: 1, own: true }, added, []);
    expect(chunks.chunksToAdd(10)).toEqual([]);
  });

  it('lives until every device that added it has dropped it', () => {
    const chunks = books();
    chunks.applyEntry({ device: 1, own: true }, added, []);
    chunks.applyEntry({ device: 2, own: false }, added, []);
    chunks.applyEntry({ device: 2, own: false }, added, []);
    chunks.applyEntry({ device: 1, own: true }, [], [digest(1)]);
    expect([chunks.isLive(digest(1)), chunks.isMine(digest(1))]).toEqual([true, false]);
    chunks.applyEntry({ device: 2, own: false }, [], [digest(1), digest(5)]);
    expect([...chunks.live()]).toEqual([]);
  });

  it('that holders lost is sent again, and known from then on', () => {
    const chunks = books();
    chunks.applyEntry({ device: 1, own: true }, added, []);
    chunks.addIndexed([bundle]);
    chunks.markLost([digest(1)]);
    expect(chunks.reuseChunk(digest(1))).toBe(false);
    expect(chunks.lookup(ChunkKind.content, id(1))).toBeUndefined();
    chunks.addPending(bundle, 500, 3);
    expect(chunks.lookup(ChunkKind.content, id(1))).toBeDefined();
    chunks.beginRun();
    expect(chunks.lookup(ChunkKind.content, id(1))).toBeDefined();
    expect(chunks.pendingCount).toBe(0);
  });
});
