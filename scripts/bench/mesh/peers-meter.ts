/** What the peers of a mesh take while one command runs. */
import { resetPeakRss } from '../proc.ts';
import type { PeersSample } from '../sample.ts';
import type { PeerChild } from './peer-child.ts';

interface Taken {
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

export class PeersMeter {
  readonly #peers: readonly PeerChild[];
  readonly #before: ReadonlyMap<PeerChild, number>;
  /** Of peers that were killed on the way. */
  readonly #last = new Map<PeerChild, Taken>();

  /** Begins to measure; their peaks begin anew. */
  constructor(peers: readonly PeerChild[]) {
    this.#peers = peers.filter((peer) => peer.alive);
    for (const { pid } of this.#peers) resetPeakRss(pid);
    this.#before = new Map(this.#peers.map((peer) => [peer, peer.cpuMs]));
  }

  /** To be called just before a peer is killed. */
  remember(peer: PeerChild): void {
    this.#last.set(peer, this.#taken(peer));
  }

  read(): PeersSample {
    const taken = this.#peers.map((peer) => this.#last.get(peer) ?? this.#taken(peer));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return {
      cpuMs: sum(taken.map(({ cpuMs }) => cpuMs)),
      peakRssBytes: Math.max(0, ...taken.map(({ peakRssBytes }) => peakRssBytes)),
      totalPeakRssBytes: sum(taken.map(({ peakRssBytes }) => peakRssBytes)),
    };
  }

  #taken(peer: PeerChild): Taken {
    return { cpuMs: peer.cpuMs - (this.#before.get(peer) ?? 0), peakRssBytes: peer.peakRssBytes };
  }
}
