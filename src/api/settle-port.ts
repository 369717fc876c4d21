/** The port of a peer that nobody chose, settled at its first run. */
import { listenAddresses } from './listen-addresses.ts';
import { type PeerFolder, replacePeerFolder } from './peer-folder.ts';
import type { StartPeerOptions } from './peer-types.ts';
import { readStatusFile } from './status-file.ts';

/**
 * Before its first run nobody but the ticket of `init` knows a peer's port: when nobody chose it either and another program has
 * taken it meanwhile (several peers made at once on one machine), the next free one is kept instead.
 */
export async function settlePort(
  peer: PeerFolder,
  { folder, onWarning }: Pick<StartPeerOptions, 'folder' | 'onWarning'>,
): Promise<PeerFolder> {
  if (!peer.defaultListen || (await readStatusFile(folder)) !== undefined) return peer;
  const listen = await listenAddresses([]);
  if (listen.join() === peer.settings.listen.join()) return peer;
  onWarning?.(
    `another program has taken ${peer.settings.listen.join(', ')}; this peer listens on ${listen.join(', ')} from now on, so take its ticket anew`,
  );
  return replacePeerFolder(folder, { ...peer, settings: { ...peer.settings, listen } });
}
