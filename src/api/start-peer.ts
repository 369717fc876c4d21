/** Runs a peer on this machine: lock, holdings, network, and the node that does the work; undone in the opposite order. */
import path from 'node:path';
import { mdnsTag, prologueOf } from '../crypto/mesh-keys.ts';
import { keeperSettings } from '../maintenance/keeper-settings.ts';
import { startLibp2pNetwork } from '../network/libp2p-network.ts';
import type { Network } from '../network/network.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { systemRandom } from '../runtime/system-random.ts';
import type { Holdings } from '../store/holdings.ts';
import { BulkLimits } from './bulk-limits.ts';
import { lockFolder } from './folder-lock.ts';
import { readKnownPeers } from './known-peers.ts';
import { isLoopback } from './listen-addresses.ts';
import { type PeerFolder, readPeerFolder } from './peer-folder.ts';
import { openHoldings } from './peer-holdings.ts';
import { PeerRun } from './peer-run.ts';
import type { RunningPeer, StartPeerOptions } from './peer-types.ts';
import { settlePort } from './settle-port.ts';

/** Throws 'no-peer', 'locked', 'usage', 'io'. */
export async function startPeer(options: StartPeerOptions): Promise<RunningPeer> {
  const settings = keeperSettings(options.upkeep ?? {});
  const made = await readPeerFolder(options.folder);
  const lock = await lockFolder(options.folder);
  let holdings: Holdings | undefined;
  let network: Network | undefined;
  try {
    const peer = await settlePort(made, options);
    holdings = await openHoldings(peer, { ...options, expiryMs: settings.expiryMs });
    const bootstrap = (await readKnownPeers(options.folder)).addresses;
    const limits = new BulkLimits(systemClock, options.limits);
    network = limits.around(await openNetwork(peer, bootstrap, options));
    const running = new PeerRun({ peer, holdings, network, limits, lock, settings, options });
    await running.start(bootstrap);
    return running;
  } catch (error) {
    await network?.stop();
    holdings?.close();
    lock.release();
    throw error;
  }
}

async function openNetwork(
  peer: PeerFolder,
  bootstrap: readonly string[],
  options: StartPeerOptions,
): Promise<Network> {
  const { meshSecret, seed, settings, folder } = peer;
  const local = settings.listen.every(isLoopback);
  return startLibp2pNetwork({
    privateKeySeed: seed,
    prologue: prologueOf(meshSecret),
    listen: settings.listen,
    dataDir: path.join(folder, 'network'),
    mode: 'server',
    bootstrap,
    ...(local ? {} : { mdnsTag: mdnsTag(meshSecret) }),
    clock: systemClock,
    random: systemRandom,
    ...(options.onDetail ? { log: options.onDetail } : {}),
  });
}
