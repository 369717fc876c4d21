/** The peers of the model: who they are, whether they are up, and what is known of them when somebody looks for holders. */
import type { PeerName } from '../../model/ids.ts';
import type { PeerFacts } from '../../policy/rank-peers.ts';
import type { SeededRandom } from '../../runtime/seeded-random.ts';
import type { ModelSettings } from './model-settings.ts';

/** lost: a keeper was lost; extra: too few living copies for now (R1); table: the holder table or the recruits changed; back: one came back. */
export type PullCause = 'lost' | 'extra' | 'table' | 'back';

export interface ModelPeer {
  readonly number: number;
  readonly name: PeerName;
  readonly zone: string;
  readonly latencyMs: number;
  readonly capacityBytes: number;
  usedBytes: number;
  /** Everything it ever fetched for repair. */
  pulledBytes: number;
  up: boolean;
  /** Failed for good; it never comes back. */
  gone: boolean;
  /** When it was last heard of; counts while it is not up. */
  silentSinceMs: number;
  /** Counts its silences, so that news of an earlier one is ignored. */
  silence: number;
  /** Vaults whose holder table or recruits it is in. */
  readonly vaults: Set<number>;
  /** Groups it still has to fetch, and why; the one under way is among them. */
  readonly queue: Map<number, PullCause>;
  pulling: number | undefined;
  /** Counts its pulls, so that the end of one that was broken off is ignored. */
  pulls: number;
}

const NO_VERSION = '';

export class Population {
  readonly peers: ModelPeer[] = [];
  readonly #numbers = new Map<PeerName, number>();
  readonly #settings: ModelSettings;
  readonly #random: SeededRandom;

  constructor(settings: ModelSettings, random: SeededRandom) {
    this.#settings = settings;
    this.#random = random;
    for (let i = 0; i < settings.peers; i++) this.join();
  }

  join(): ModelPeer {
    const number = this.peers.length;
    const peer: ModelPeer = {
      number,
      name: `peer-${number}`,
      zone: `zone-${this.#random.below(this.#settings.zones)}`,
      latencyMs: 5 + 195 * this.#random.fraction() ** 2,
      capacityBytes: Math.floor(this.#settings.capacityBytes * (1 + 3 * this.#random.fraction())),
      usedBytes: 0,
      pulledBytes: 0,
      up: true,
      gone: false,
      silentSinceMs: 0,
      silence: 0,
      vaults: new Set(),
      queue: new Map(),
      pulling: undefined,
      pulls: 0,
    };
    this.peers.push(peer);
    this.#numbers.set(peer.name, number);
    return peer;
  }

  at(number: number): ModelPeer {
    const peer = this.peers[number];
    if (!peer) throw new RangeError(`no peer ${number}`);
    return peer;
  }

  numberOf(name: PeerName): number {
    return this.#numbers.get(name) ?? -1;
  }

  /** What one who asks `count` peers at random, up and not in `besides`, learns of them. */
  sample(count: number, besides: ReadonlySet<PeerName>): PeerFacts[] {
    const found = new Map<PeerName, PeerFacts>();
    for (let tries = 0; found.size < count && tries < 20 * count; tries++) {
      const peer = this.at(this.#random.below(this.peers.length));
      if (peer.up && !besides.has(peer.name)) found.set(peer.name, factsOf(peer));
    }
    return [...found.values()];
  }
}

/** What a peer tells and what is measured of it (M4). */
export function factsOf(peer: ModelPeer): PeerFacts {
  return {
    peer: peer.name,
    name: peer.name,
    zone: peer.zone,
    machine: peer.name,
    latencyMs: peer.latencyMs,
    freeBytes: Math.max(0, peer.capacityBytes - peer.usedBytes),
    capacityBytes: peer.capacityBytes,
    accepting: true,
    version: NO_VERSION,
    reachable: true,
  };
}
