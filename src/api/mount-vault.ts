/** Serves the snapshots of a vault on this machine, for the system's own file manager, as long as it is mounted. */
import { CachedTreeReader } from '../backup/cached-tree-reader.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { toHex } from '../model/bytes.ts';
import { MiB } from '../model/units.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { MountBooks } from './mount-books.ts';
import type { MountedVault, MountOptions } from './mount-types.ts';
import { MountedTree } from './mounted-tree.ts';
import type { VaultWork } from './vault-work.ts';

const DEFAULT_CACHE_BYTES = 64 * MiB;
const DEFAULT_REFRESH_MS = 15_000;
/** 128 bits, in letters that no system changes. */
const SECRET_BYTES = 16;
/** One fault of a holder is met by every file; said once it is enough. */
const MAX_TOLD = 100;

/** The books of `work` may be closed when this returns. Throws 'io' when the port cannot be had. */
export async function mountVault(
  work: VaultWork,
  records: readonly SnapshotRecord[],
  options: MountOptions,
): Promise<MountedVault> {
  const { surroundings, home, warn } = work;
  const books = new MountBooks(work, records, options.refreshMs ?? DEFAULT_REFRESH_MS);
  const chunks = new OpenedChunks(books, home.keys, {
    maxBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    retries: true,
  });
  const tree = new MountedTree({
    snapshots: () => books.snapshots(),
    chunks,
    reader: new CachedTreeReader(chunks),
    timeZone: surroundings.timeZone(),
  });
  const secret = toHex(surroundings.random.bytes(SECRET_BYTES));
  const { startDavServer } = await import('./dav-server.ts'); // node:http takes 75 ms to load
  const server = await startDavServer({ tree, secret, port: options.port ?? 0, onFault: tellOnce(warn) });
  return {
    url: `http://127.0.0.1:${server.port}/${secret}/`,
    port: server.port,
    snapshots: records.length,
    close: async () => {
      await server.close();
      await books.close();
    },
  };
}

function tellOnce(warn: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message) || told.size >= MAX_TOLD) return;
    told.add(message);
    warn(message);
  };
}
