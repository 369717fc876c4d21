/** What an earlier run sent and did not commit: how much of it is left, and on how many holders (L2, S4). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { recheckPending } from '../../src/backup/recheck-pending.ts';
import { requirePresent } from '../../src/backup/require-present.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { VaultState } from '../../src/vault/vault-state.ts';

const digest = (n: number): Uint8Array => new Uint8Array(32).fill(n);

function sent(count: number, holders: number): VaultState {
  const state = VaultState.open(':memory:', { vault: digest(8), device: digest(9) });
  onTestFinished(() => state.close());
  state.chunks.beginRun();
  for (let n = 1; n <= count; n++)
    state.chunks.addPending({ digest: digest(n), kind: ChunkKind.tree, blobs: [] }, 100, holders);
  state.chunks.beginRun();
  return state;
}

/** Somebody who is no member says that everything is there. */
const storeWith = (copies: readonly number[], silent: number) => ({
  has: async () => copies.map(() => true),
  countCopies: async () => ({ copies, silent }),
});

describe('recheckPending', () => {
  it('counts a chunk for the holders that still have it, not for those that acknowledged it (S4)', async () => {
    const state = sent(3, 3);
    expect(await recheckPending(state, storeWith([3, 1, 0], 0))).toBe(2);
    for (const n of [1, 2, 3]) state.chunks.reuseChunk(digest(n));
    expect(state.chunks.fewestHolders()).toBe(1);
    expect(state.chunks.pendingCount).toBe(2);
  });

  it('keeps copies on the books whose holder does not answer, and adds none (R1)', async () => {
    const state = sent(1, 2);
    await recheckPending(state, storeWith([1], 2));
    state.chunks.reuseChunk(digest(1));
    expect(state.chunks.fewestHolders()).toBe(2);
  });
});

describe('requirePresent', () => {
  it('believes nobody but members that a chunk is there, unless he gives it (L2, S4)', async () => {
    const state = sent(2, 3);
    for (const n of [1, 2]) state.chunks.reuseChunk(digest(n));
    state.chunks.markIndexed([digest(1), digest(2)]);
    const put: Uint8Array[] = [];
    const store = {
      ...storeWith([2, 0], 0),
      get: async (): Promise<Uint8Array | undefined> => undefined,
      put: async ({ digest: one }: { digest: Uint8Array }) => {
        put.push(one);
        return { holders: ['a'] };
      },
    };
    await expect(requirePresent(state, store)).rejects.toMatchObject({ code: 'lost', data: { chunks: 1 } });
    state.chunks.addPending({ digest: digest(2), kind: ChunkKind.tree, blobs: [] }, 100, 1);
    await requirePresent(state, { ...store, get: async () => new Uint8Array(9) });
    expect(put).toEqual([digest(2)]);
  });
});
