/** What each holder did in this run, with the name people know it by. */
import type { HolderStats } from '../replication/holder.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import type { MeshSession } from './mesh-session.ts';
import type { HolderCopies } from './vault-types.ts';

function copiesOf(
  session: MeshSession,
  store: MeshStore,
  chunks: (stats: HolderStats) => number,
): readonly HolderCopies[] {
  return store
    .stats()
    .map((stats) => ({ peer: stats.peer, name: session.nameOf(stats.peer), chunks: chunks(stats) }))
    .filter((copies) => copies.chunks > 0);
}

export function chunksSent(session: MeshSession, store: MeshStore): readonly HolderCopies[] {
  return copiesOf(session, store, (stats) => stats.putChunks);
}

export function chunksReceived(session: MeshSession, store: MeshStore): readonly HolderCopies[] {
  return copiesOf(session, store, (stats) => stats.getChunks);
}
