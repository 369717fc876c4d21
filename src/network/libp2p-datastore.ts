/** The folder where a node keeps the peers it knows and its DHT records; one process at a time (LevelDB's own lock). */
import type { LevelDatastore } from 'datastore-level';
import { VaultError } from '../model/errors.ts';

function lockedBy(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && at.code === 'LEVEL_LOCKED') return true;
  }
  return false;
}

/** Throws 'locked' while another process (or node) has it open, 'io' when it cannot be opened at all. */
export async function openDatastore(folder: string): Promise<LevelDatastore> {
  const { LevelDatastore } = await import('datastore-level');
  const store = new LevelDatastore(folder);
  try {
    await store.db.open(); // not store.open(), which hides why it failed
    return store;
  } catch (cause) {
    if (lockedBy(cause)) {
      throw new VaultError('locked', `another peer runs on ${folder}; nothing was changed`, {
        hint: 'Stop the other one first, or give this one its own folder.',
        data: { folder },
        cause,
      });
    }
    throw new VaultError('io', `cannot open the peer store in ${folder}; no backup data is in it`, {
      hint: 'If it is damaged, move it away: it is built anew from the ticket and from other peers.',
      data: { folder },
      cause,
    });
  }
}
