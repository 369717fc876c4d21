/** Announcing and finding 32-byte keys in the DHT: records of peers, never one per chunk (M3). */
import type { PeerInfo } from '@libp2p/interface';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create } from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import { assert } from '../model/errors.ts';
import { KEY_BYTES, keyOf, type PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Node } from './libp2p-node.ts';
import type { OpenOptions } from './network.ts';

/** After a connection the routing table needs about a second to take the peer in; nobody waits longer than this for it. */
const TABLE_WAIT_MS = 5000;
const TABLE_POLL_MS = 25;
const QUERY_LIMIT_MS = 60_000;
/** New peers come in bursts; after each burst our records and our view of the mesh are renewed once. */
const SETTLE_MS = 2000;

/**
 * kad-dht lets the first queries of a node wait until it has searched for itself, which takes 5 s when one of the peers it is told of is
 * stopped. A search needs no neighbours of ours, only somebody to ask: this is how kad-dht's own first search is let through.
 */
const AT_ONCE = { isSelfQuery: true };

function cidOf(key: Uint8Array): CID {
  assert(key.length === KEY_BYTES, `a DHT key has ${KEY_BYTES} bytes`);
  return CID.createV1(raw.code, create(sha256.code, key));
}

export class Libp2pDht {
  readonly #node: Node;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #announced = new Map<string, CID>();
  #cancelRenewal: (() => void) | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #dialling = false;

  constructor(node: Node, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** Resolves when the records were sent to the peers nearest to the key; while there is no peer, they are sent when one comes. */
  async announce(key: Uint8Array, options: OpenOptions): Promise<void> {
    const cid = cidOf(key);
    this.#announced.set(keyOf(key), cid);
    const signal = this.#signal(options.signal);
    if (await this.#tableFilled(signal)) await this.#provide(cid, signal);
  }

  async withdraw(key: Uint8Array): Promise<void> {
    this.#announced.delete(keyOf(key));
    await this.#node.services.dht.cancelReprovide(cidOf(key));
  }

  async *find(key: Uint8Array, options: OpenOptions): AsyncGenerator<PeerName> {
    const signal = this.#signal(options.signal);
    const seen = new Set<PeerName>();
    try {
      if (!(await this.#tableFilled(signal))) return;
      const options = { ...AT_ONCE, signal };
      for await (const event of this.#node.services.dht.findProviders(cidOf(key), options)) {
        if (event.name !== 'PROVIDER') continue;
        for (const provider of event.providers) {
          const name = provider.id.toString();
          if (seen.has(name)) continue;
          seen.add(name);
          await this.#remember(provider);
          yield name;
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error; // an aborted search ends with what it found
    }
  }

  /** While `dials` goes on, queries wait for the peers it may bring. */
  expectPeers(dials: Promise<void>): void {
    this.#dialling = true;
    const done = (): void => {
      this.#dialling = false;
    };
    dials.then(done, done);
  }

  /** Call when peers come: soon afterwards our records are renewed and our neighbours asked for theirs. */
  peersChanged(): void {
    if (this.#cancelRenewal || this.#stop.signal.aborted) return;
    this.#cancelRenewal = this.#clock.schedule(SETTLE_MS, () => {
      this.#cancelRenewal = undefined;
      const earlier = this.#renewing;
      this.#renewing = this.#renew().then(() => earlier); // stop() waits for both when one is still under way
    });
  }

  async stop(): Promise<void> {
    this.#cancelRenewal?.();
    this.#stop.abort(new Error('the node stops'));
    await this.#renewing;
  }

  async #renew(): Promise<void> {
    const signal = this.#signal(undefined);
    try {
      if (!(await this.#tableFilled(signal))) return;
      await this.#meetNeighbours(signal);
      for (const cid of this.#announced.values()) await this.#provide(cid, signal);
    } catch {
      // A search that failed half-way is repeated with the next peer that comes, and hourly by kad-dht itself.
    }
  }

  async #meetNeighbours(signal: AbortSignal): Promise<void> {
    const { dht } = this.#node.services;
    for await (const event of dht.getClosestPeers(this.#node.peerId.toMultihash().bytes, { signal })) {
      if (event.name === 'FINAL_PEER') await this.#remember(event.peer);
    }
  }

  async #provide(cid: CID, signal: AbortSignal): Promise<void> {
    for await (const event of this.#node.services.dht.provide(cid, { signal })) {
      if (event.name === 'QUERY_ERROR') signal.throwIfAborted();
    }
  }

  async #remember(peer: PeerInfo): Promise<void> {
    if (peer.multiaddrs.length === 0 || peer.id.equals(this.#node.peerId)) return;
    await this.#node.peerStore.merge(peer.id, { multiaddrs: peer.multiaddrs });
  }

  /** Waits a little for a first peer in the routing table; without one every query would wait for ever. */
  async #tableFilled(signal: AbortSignal): Promise<boolean> {
    const endMs = this.#clock.monotonicMs() + TABLE_WAIT_MS;
    while (this.#tableSize() === 0 && this.#clock.monotonicMs() < endMs && this.#mayFill()) {
      await this.#clock.sleep(TABLE_POLL_MS, signal);
    }
    return this.#tableSize() > 0;
  }

  #tableSize(): number {
    const { dht } = this.#node.services;
    return 'routingTable' in dht ? (dht.routingTable as { readonly size: number }).size : 1;
  }

  /** Is there a connection, or a dial that may become one? */
  #mayFill(): boolean {
    return this.#dialling || this.#node.getConnections().length > 0 || this.#node.getDialQueue().length > 0;
  }

  #signal(given: AbortSignal | undefined): AbortSignal {
    const signals = [this.#stop.signal, AbortSignal.timeout(QUERY_LIMIT_MS)];
    return AbortSignal.any(given ? [given, ...signals] : signals);
  }
}
