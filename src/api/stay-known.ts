/** The first entry of a device's log, by which holders know of it. */
import { isVaultError } from '../model/errors.ts';
import { introduceDevice } from '../vault/commit-log.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'too-few-peers', 'denied' (it is retired). */
export function makeKnown({ home, state, session, wait }: VaultWork): Promise<void> {
  const { logKeys: keys, device } = home;
  return introduceDevice({ state, keys, device, exchange: session.exchange, ...wait });
}

/** A keeper writes nothing else, so what a killed run left undone is done by the next one. */
export async function stayKnown(work: VaultWork): Promise<void> {
  try {
    await makeKnown(work);
  } catch (error) {
    work.wait.signal?.throwIfAborted();
    if (!isVaultError(error, 'too-few-peers', 'unavailable', 'denied')) throw error;
    work.warn(error.message);
  }
}
