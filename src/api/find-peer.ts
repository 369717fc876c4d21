/** Which peer somebody means: by its name, its id, or the end of its id as tables show it. */
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';

/** Shorter ends of an id than this are more likely a slip than an id. */
const MIN_TAIL = 4;

/** Throws 'not-found', 'ambiguous'. */
export function findPeer(
  peers: readonly PeerName[],
  nameOf: (peer: PeerName) => string,
  wanted: string,
): PeerName {
  const tail = wanted.replace(/^\.\./, '');
  const named = peers.filter((peer) => peer === wanted || nameOf(peer) === wanted);
  const found =
    named.length > 0 || tail.length < MIN_TAIL ? named : peers.filter((peer) => peer.endsWith(tail));
  const [only] = found;
  if (only && found.length === 1) return only;
  const hint = '"vault peers" shows their names and the ends of their ids.';
  if (found.length > 1)
    throw new VaultError('ambiguous', `${found.length} peers are called ${wanted}`, { hint });
  throw new VaultError('not-found', `no holder of this vault is called ${wanted}`, { hint });
}
