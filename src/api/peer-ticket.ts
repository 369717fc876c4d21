/** The ticket a peer gives out: the mesh's secret, its own addresses, and those of some others, in case it is away (M1). */
import { encodeTicket } from '../format/ticket.ts';
import type { PeerName } from '../model/ids.ts';
import { dialable, isLoopback } from './listen-addresses.ts';

const OWN_ADDRESSES = 8;
const OTHER_PEERS = 8;

/** The peer at the end of a full address. */
export function peerOfAddress(address: string): PeerName | undefined {
  const at = address.lastIndexOf('/p2p/');
  return at < 0 ? undefined : address.slice(at + '/p2p/'.length);
}

/** One address for each of up to eight other peers; loopback ones are of use only beside a loopback address of our own. */
function someOthers(own: readonly string[], others: readonly string[], self: PeerName): readonly string[] {
  const local = own.length > 0 && own.every(isLoopback);
  const byPeer = new Map<PeerName, string>();
  for (const address of others) {
    const peer = peerOfAddress(address);
    if (peer === undefined || peer === self || address.includes('/p2p-circuit')) continue;
    if (isLoopback(address) !== local || byPeer.has(peer)) continue;
    byPeer.set(peer, address);
  }
  return [...byPeer.values()].slice(0, OTHER_PEERS);
}

export function ticketOf(
  meshSecret: Uint8Array,
  self: PeerName,
  ownAddresses: readonly string[],
  otherAddresses: readonly string[],
): string {
  const own = dialable(ownAddresses).slice(0, OWN_ADDRESSES);
  return encodeTicket({ secret: meshSecret, addresses: [...own, ...someOthers(own, otherAddresses, self)] });
}
