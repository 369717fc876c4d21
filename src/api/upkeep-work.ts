/** What the upkeep of a vault starts with: books that are up to date, and everybody's logs on every holder that answers (L3). */
import type { UpkeepOptions } from '../backup/upkeep.ts';
import { syncLog } from '../vault/sync-log.ts';
import type { VaultWork } from './vault-work.ts';

/** `undefined` for a vault that was never backed up. Throws 'unavailable' when no holder answers, 'rollback', 'forgery'. */
export async function syncForUpkeep(work: VaultWork): Promise<UpkeepOptions | undefined> {
  const { home, state, session, wait, warn } = work;
  if (session.holders().length === 0 && state.logs.devices().length === 0) return undefined;
  const { keys, device } = home;
  const { exchange } = session;
  const reader = session.readingStore();
  const synced = await syncLog({ state, keys, exchange, reader, spread: true, ...wait });
  for (const problem of synced.problems) warn(problem.message);
  return { state, keys, device, exchange, reader, ...wait };
}
