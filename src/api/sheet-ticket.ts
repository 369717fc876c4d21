/** The ticket for paper: the mesh's secret with a few addresses that are likely to answer years from now, the holders' before others' (M1). */
import { decodeTicket, encodeTicket } from '../format/ticket.ts';
import type { PeerName } from '../model/ids.ts';
import { dialable } from './listen-addresses.ts';
import { peerOfAddress } from './peer-ticket.ts';

export interface SheetTicketParts {
  /** The ticket that the vault was made with. */
  readonly ticket: string;
  /** Full addresses of peers that were met, from the last visit. */
  readonly known: readonly string[];
  readonly holders: readonly PeerName[];
}

/** As many as fit beside a QR code that a telephone can read. */
const ADDRESSES = 6;

/** Addresses of the last visit stand before those of the old ticket. Throws 'bad-ticket'. */
export function sheetTicket({ ticket, known, holders }: SheetTicketParts): string {
  const { secret, addresses: first } = decodeTicket(ticket);
  const byPeer = new Map<PeerName, string[]>(holders.map((peer) => [peer, []]));
  for (const address of dialable([...known, ...first])) {
    const peer = peerOfAddress(address);
    if (peer === undefined || address.includes('/p2p-circuit')) continue;
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), address]);
  }
  const each = [...byPeer.values()];
  // One of every peer first: many peers are a better way back than many addresses of one.
  const addresses = [0, 1]
    .flatMap((turn) => each.flatMap((own) => own.slice(turn, turn + 1)))
    .slice(0, ADDRESSES);
  return addresses.length === 0 ? ticket : encodeTicket({ secret, addresses });
}
