/** What is known of one storage peer: its own signed word (M4), and how long an answer takes, measured here. */
import type { Advert } from '../format/advert.ts';
import type { PeerName } from '../model/ids.ts';
import type { PeerFacts } from '../policy/rank-peers.ts';
import type { RemotePeer } from '../protocol/remote-peer.ts';

const PINGS = 3;

export interface Inspection {
  readonly advert: Advert;
  /** Median of three round trips. */
  readonly latencyMs: number;
}

/** Throws what the peer or the connection to it throws. */
export async function inspectPeer(
  remote: Pick<RemotePeer, 'info' | 'pingMs'>,
  signal: AbortSignal,
): Promise<Inspection> {
  const advert = await remote.info({ signal });
  const pings: number[] = [];
  for (let i = 0; i < PINGS; i += 1) pings.push(await remote.pingMs({ signal }));
  pings.sort((a, b) => a - b);
  return { advert, latencyMs: pings[Math.floor(PINGS / 2)] ?? 0 };
}

export function factsOf({ advert, latencyMs }: Inspection): PeerFacts {
  const { peer, name, zone, machine, freeBytes, capacityBytes, accepting, version } = advert;
  return {
    peer,
    name,
    zone,
    machine,
    latencyMs,
    freeBytes,
    capacityBytes,
    accepting,
    version,
    reachable: true,
  };
}

/** `remembered`: what it said when it last answered. */
export function factsOfSilent(peer: PeerName, remembered: Advert | undefined): PeerFacts {
  return {
    peer,
    name: remembered?.name ?? '',
    zone: remembered?.zone ?? '',
    machine: remembered?.machine ?? '',
    freeBytes: 0,
    capacityBytes: remembered?.capacityBytes ?? 0,
    accepting: false,
    version: remembered?.version ?? '',
    reachable: false,
  };
}
