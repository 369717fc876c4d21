/** What each holder did in this run, with the name people know it by. */
import type { ReadingSession, ReadingStore } from './reading-work.ts';
import type { HolderCopies } from './vault-types.ts';

type Names = Pick<ReadingSession, 'nameOf'>;
type Counted = Pick<ReadingStore, 'stats'>;

function copiesOf(
  session: Names,
  store: Counted,
  chunks: (stats: ReturnType<Counted['stats']>[number]) => number,
): readonly HolderCopies[] {
  return store
    .stats()
    .map((stats) => ({ peer: stats.peer, name: session.nameOf(stats.peer), chunks: chunks(stats) }))
    .filter((copies) => copies.chunks > 0);
}

export function chunksSent(session: Names, store: Counted): readonly HolderCopies[] {
  return copiesOf(session, store, (stats) => stats.putChunks);
}

export function chunksReceived(session: Names, store: Counted): readonly HolderCopies[] {
  return copiesOf(session, store, (stats) => stats.getChunks);
}
