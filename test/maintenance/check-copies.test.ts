/** A check with data: every copy is proved against the bytes of one read, and who claims what it has not is named (R4). */
import { describe, expect, it } from 'vitest';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { type CheckedChunk, CopyChecker, type Prover } from '../../src/maintenance/check-copies.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { VaultError } from '../../src/model/errors.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import { proveChunks } from '../../src/protocol/prove-chunks.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import type { SealedChunk } from '../../src/store/chunk-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

const KEYS = deriveVaultKeys(new Uint8Array(32).fill(5));
const MANY = 150;

const chunk = (n: number): SealedChunk => sealChunk(KEYS, ChunkKind.content, utf8(`content number ${n}`));
const chunks = Array.from({ length: MANY }, (_, n) => chunk(n));

class Mesh {
  readonly stores = new Map(['a', 'b', 'c'].map((peer) => [peer, new MemoryStore(peer)]));
  readonly asked: string[] = [];
  readonly nonces: Uint8Array[] = [];
  reads = 0;

  async fill(): Promise<this> {
    for (const store of this.stores.values()) for (const one of chunks) await store.put(one);
    return this;
  }

  prover(peer: string): Prover {
    return {
      prove: async ({ nonce, digests }, { signal = new AbortController().signal }) => {
        this.asked.push(peer);
        this.nonces.push(nonce);
        const store = this.stores.get(peer);
        if (!store) throw new VaultError('denied', 'no such question');
        const job = { chunks: store, vault: KEYS.vault, nonce, digests, self: peer, signal };
        return { pledged: false, proofs: await proveChunks(job) };
      },
    };
  }

  async check(list: readonly CheckedChunk[]) {
    const faults: string[] = [];
    const checker = new CopyChecker({
      keys: KEYS,
      reader: {
        get: (digest: Digest) => {
          this.reads++;
          return (this.stores.get('a') ?? new MemoryStore('a')).get(digest);
        },
      },
      proverOf: (peer) => this.prover(peer),
      random: new SeededRandom(3),
      onFault: ({ digest, peer, error }) =>
        faults.push(`${peer ?? 'nobody'} ${error.code} ${keyOf(digest).slice(0, 8)}`),
      onRead: () => undefined,
    });
    return { ...(await checker.check(list)), faults };
  }
}

const claimed = (peers: readonly string[] = ['a', 'b', 'c']): CheckedChunk[] =>
  chunks.map(({ digest }) => ({ digest, kind: ChunkKind.content, holders: peers }));
const short = (n: number): string => keyOf(chunks[n]?.digest ?? new Uint8Array()).slice(0, 8);

describe('CopyChecker', () => {
  it('verifies every copy at the traffic of one, with a fresh nonce for each question', async () => {
    const mesh = await new Mesh().fill();
    const result = await mesh.check(claimed());
    expect(result).toMatchObject({ chunksRead: MANY, copiesVerified: 3 * MANY, faults: [] });
    expect(mesh.reads).toBe(MANY);
    expect(mesh.asked).toHaveLength(9);
    expect(new Set(mesh.nonces.map(keyOf)).size).toBe(3);
  });

  it('names a holder that claims a chunk and cannot show it, or has other bytes', async () => {
    const mesh = await new Mesh().fill();
    await mesh.stores.get('b')?.remove(chunks[7]?.digest ?? new Uint8Array());
    mesh.stores.get('c')?.damage(chunks[9]?.digest ?? new Uint8Array());
    const { faults, copiesVerified } = await mesh.check(claimed());
    expect(faults.toSorted()).toEqual(
      [`b fewer-copies ${short(7)}`, `c fewer-copies ${short(9)}`].toSorted(),
    );
    expect(copiesVerified).toBe(3 * MANY - 2);
  });

  it('reports what cannot be read or opened, and goes on', async () => {
    const mesh = await new Mesh().fill();
    await mesh.stores.get('a')?.remove(chunks[3]?.digest ?? new Uint8Array());
    const list = claimed(['b']).map((one, n) => (n === 5 ? { ...one, kind: ChunkKind.tree } : one));
    const { faults, chunksRead } = await mesh.check(list);
    expect(faults).toEqual([`nobody lost ${short(3)}`, `nobody corrupt ${short(5)}`]);
    expect(chunksRead).toBe(MANY - 2);
  });

  it('leaves the copies of a holder that answers no such question unproved, and asks it once', async () => {
    const mesh = await new Mesh().fill();
    const { faults, copiesVerified } = await mesh.check(claimed(['a', 'old']));
    expect([faults, copiesVerified]).toEqual([[], MANY]);
    expect(mesh.asked.filter((peer) => peer === 'old')).toHaveLength(1);
  });
});
