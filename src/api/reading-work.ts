/** What restoring and listing need of a vault: keys, and somebody to read from, be it a mesh or the folders of an export. */

import type { PeerName } from '../model/ids.ts';
import type { HolderStats } from '../replication/holder.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import type { VaultWork } from './vault-work.ts';

/** One store for a whole operation, and what each of those behind it did. */
export interface ReadingStore extends ChunkReader {
  stats(): readonly Pick<HolderStats, 'peer' | 'getChunks' | 'putChunks'>[];
}

export interface ReadingSession {
  readingStore(): ReadingStore;
  learnNames(): void;
  nameOf(peer: PeerName): string;
}

export type ReadingWork = Pick<VaultWork, 'surroundings' | 'wait' | 'warn'> & {
  readonly home: Pick<VaultHome, 'keys'>;
  readonly session: ReadingSession;
};
