/** Restores a snapshot straight from the disks, past network and peers, and notes which chunks that takes. */
import { runRestore } from '../backup/restore.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { keyOf } from '../model/ids.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { MemoryTarget } from './memory-target.ts';
import type { MemoryTree } from './memory-tree.ts';
import type { World } from './world.ts';

export interface OracleRestore {
  readonly tree: MemoryTree;
  /** Chunks it read, hex; also those that no disk has. */
  readonly digests: ReadonlySet<string>;
  readonly failures: readonly string[];
}

export async function oracleRestore(
  world: World,
  record: SnapshotRecord,
  keys: VaultKeys,
): Promise<OracleRestore> {
  const digests = new Set<string>();
  const reader: ChunkReader = {
    get: async (digest) => {
      const key = keyOf(digest);
      digests.add(key);
      for (const machine of world.keepers(key)) {
        const bytes = machine.goodBytes(key);
        if (bytes) return bytes.slice();
      }
      return undefined;
    },
  };
  const target = new MemoryTarget(keys);
  const result = await runRestore({
    root: record.snapshot.root,
    reader,
    keys,
    target,
    overwrite: 'fail',
    clock: world.clock,
  });
  const failures = result.failed.map(({ message }) => message);
  return { tree: target.tree, digests, failures };
}
