/** What a peer can say about itself without the network, whether it runs or not. */
import { systemClock } from '../runtime/system-clock.ts';
import { type FolderLock, tryLockFolder } from './folder-lock.ts';
import { readKnownPeers } from './known-peers.ts';
import { addressesOf } from './listen-addresses.ts';
import { type PeerFolder, readPeerFolder } from './peer-folder.ts';
import { openHoldings } from './peer-holdings.ts';
import { peerOfAddress, ticketOf } from './peer-ticket.ts';
import type { PeerStatusReport } from './peer-types.ts';
import { readStatusFile, type StatusFile, uptimeShare } from './status-file.ts';

/** Throws 'no-peer'. */
export async function peerTicket(folder: string): Promise<string> {
  const peer = await readPeerFolder(folder);
  const running = await readStatusFile(folder);
  const own = running?.addresses.length ? running.addresses : addressesOf(peer.settings.listen, peer.peerId);
  return ticketOf(peer.meshSecret, peer.peerId, own, (await readKnownPeers(folder)).addresses);
}

function fromFile(peer: PeerFolder, status: StatusFile): PeerStatusReport {
  const now = systemClock.now();
  return {
    running: true,
    pid: status.pid,
    peerId: peer.peerId,
    settings: peer.settings,
    addresses: status.addresses,
    peersKnown: status.peersKnown,
    peersConnected: status.peersConnected,
    vaultsHeld: status.vaultsHeld,
    chunks: status.chunks,
    bytes: status.bytes,
    capacityBytes: peer.settings.capacityBytes,
    freeBytes: status.freeBytes,
    uptimeShare: uptimeShare({ ...status, upMs: status.upMs + (now - status.writtenMs) }, now),
    ...(status.upkeep ? { upkeep: status.upkeep } : {}),
  };
}

/** Counts what lies there; the lock keeps the peer from starting meanwhile. */
async function fromDisk(peer: PeerFolder): Promise<PeerStatusReport> {
  const holdings = await openHoldings(peer);
  const usage = holdings.usage();
  holdings.close();
  const known = (await readKnownPeers(peer.folder)).addresses;
  const last = await readStatusFile(peer.folder);
  return {
    running: false,
    peerId: peer.peerId,
    settings: peer.settings,
    addresses: addressesOf(peer.settings.listen, peer.peerId),
    peersKnown: new Set(known.map(peerOfAddress)).size,
    vaultsHeld: usage.vaults,
    chunks: usage.chunks,
    bytes: usage.bytes,
    capacityBytes: usage.capacityBytes,
    freeBytes: usage.freeBytes,
    uptimeShare: last === undefined ? 0 : uptimeShare(last, systemClock.now()),
  };
}

/** Throws 'no-peer'. */
export async function peerStatus(folder: string): Promise<PeerStatusReport> {
  const peer = await readPeerFolder(folder);
  const lock: FolderLock | undefined = tryLockFolder(folder);
  if (lock === undefined) {
    const status = await readStatusFile(folder);
    if (status !== undefined) return fromFile(peer, status);
    const now = systemClock.now();
    const starting = { peersKnown: 0, peersConnected: 0, vaultsHeld: 0, chunks: 0, bytes: 0, freeBytes: 0 };
    return fromFile(peer, { ...starting, pid: 0, addresses: [], firstRunMs: now, upMs: 0, writtenMs: now });
  }
  try {
    return await fromDisk(peer);
  } finally {
    lock.release();
  }
}
