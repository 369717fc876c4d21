/** The real network: libp2p over TCP, noise with the mesh's prologue, yamux, and a DHT of our own (M1-M3). */
import type { PeerId, Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { LevelDatastore } from 'datastore-level';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { systemRandom } from '../runtime/system-random.ts';
import { openDatastore } from './libp2p-datastore.ts';
import { Libp2pDht } from './libp2p-dht.ts';
import { networkError, startError } from './libp2p-errors.ts';
import { DHT_PROTOCOL, MAX_STREAMS, type Node, startNode } from './libp2p-node.ts';
import { Libp2pStream } from './libp2p-stream.ts';
import type { ByteStream, KnownPeer, Network, OpenOptions, StreamHandler } from './network.ts';
import type { NetworkOptions } from './network-options.ts';
import { newPeerSeed, type PeerIdentity, peerIdentityOf } from './peer-identity.ts';
import { RedialLoop } from './redial-loop.ts';

/** Resolves as soon as the node listens; bootstrap peers may be down. Throws 'locked', 'io', 'usage'. */
export async function startLibp2pNetwork(options: NetworkOptions): Promise<Network> {
  const bootstrap = options.bootstrap.map((address) => parseAddress(address));
  const seed = options.privateKeySeed ?? newPeerSeed(options.random ?? systemRandom);
  const datastore = options.dataDir === undefined ? undefined : await openDatastore(options.dataDir);
  let node: Node;
  try {
    node = await startNode(options, seed, datastore);
  } catch (error) {
    await datastore?.close();
    throw startError(error, options.listen);
  }
  const network = new Libp2pNetwork(node, peerIdentityOf(seed), datastore, options);
  await network.begin(bootstrap);
  return network;
}

interface FullAddress {
  readonly peer: PeerId;
  readonly address: Multiaddr;
}

/** Throws 'usage' unless it is a multiaddr that ends with /p2p/ and a peer. */
function parseAddress(text: string): FullAddress {
  try {
    const address = multiaddr(text);
    const last = address.getComponents().at(-1);
    if (last?.name === 'p2p' && last.value) return { peer: peerIdFromString(last.value), address };
  } catch (cause) {
    throw new VaultError('usage', `"${text}" is not an address of a peer`, { cause });
  }
  throw new VaultError('usage', `the address ${text} does not end with /p2p/ and a peer's name`);
}

function parsePeer(name: PeerName): PeerId {
  try {
    return peerIdFromString(name);
  } catch (cause) {
    throw new VaultError('usage', `"${name}" is not the name of a peer`, { cause });
  }
}

class Libp2pNetwork implements Network {
  readonly self: PeerName;
  readonly #node: Node;
  readonly #identity: PeerIdentity;
  readonly #datastore: LevelDatastore | undefined;
  readonly #options: NetworkOptions;
  readonly #dht: Libp2pDht;
  readonly #redial: RedialLoop;
  readonly #streams = new Set<Libp2pStream>();
  readonly #listeners = new Set<(peer: PeerName, connected: boolean) => void>();
  readonly #tidying = new Set<Promise<void>>();
  #stopping: Promise<void> | undefined;

  constructor(
    node: Node,
    identity: PeerIdentity,
    datastore: LevelDatastore | undefined,
    options: NetworkOptions,
  ) {
    this.self = identity.name;
    this.#node = node;
    this.#identity = identity;
    this.#datastore = datastore;
    this.#options = options;
    this.#dht = new Libp2pDht(node, options.clock);
    this.#redial = new RedialLoop({
      clock: options.clock,
      random: options.random ?? systemRandom,
      candidates: () => this.#servers(),
      isConnected: (peer) => this.#node.getConnections(peerIdFromString(peer)).length > 0,
      dial: (peer, signal) =>
        this.#dial(peer, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) }),
    });
  }

  async begin(bootstrap: readonly FullAddress[]): Promise<void> {
    this.#node.addEventListener('peer:connect', ({ detail }) => this.#changed(detail, true));
    this.#node.addEventListener('peer:disconnect', ({ detail }) => this.#changed(detail, false));
    for (const { peer, address } of bootstrap) {
      if (peer.toString() !== this.self) await this.#node.peerStore.merge(peer, { multiaddrs: [address] });
    }
    this.#background(this.#forgetClients()); // those that were connected when we ended
    if (this.#options.mode === 'server') this.#redial.start();
    else this.#beginClient();
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString());
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#identity.sign(message);
  }

  async handle(protocol: string, handler: StreamHandler): Promise<void> {
    await this.#node.handle(
      protocol,
      (stream, connection) => handler(this.#adopt(connection.remotePeer, protocol, stream)),
      { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: MAX_STREAMS, runOnLimitedConnection: true },
    );
  }

  async open(peer: PeerName, protocol: string, options: OpenOptions = {}): Promise<ByteStream> {
    this.#refuseStopped();
    try {
      const stream = await this.#node.dialProtocol(parsePeer(peer), protocol, {
        ...options,
        maxOutboundStreams: MAX_STREAMS,
        runOnLimitedConnection: true,
      });
      return this.#adopt(parsePeer(peer), protocol, stream);
    } catch (error) {
      this.#refuseStopped(error);
      throw networkError(peer, error, options.signal);
    }
  }

  async connect(target: string, options: OpenOptions = {}): Promise<PeerName> {
    return this.#dial(target, options);
  }

  async learn(known: KnownPeer): Promise<void> {
    if (known.peer === this.self) return;
    const multiaddrs = known.addresses.map((address) => parseAddress(address).address);
    await this.#node.peerStore.merge(parsePeer(known.peer), { multiaddrs });
  }

  async known(): Promise<readonly KnownPeer[]> {
    this.#refuseStopped();
    const peers = await this.#node.peerStore.all();
    return peers
      .filter(({ id, addresses }) => addresses.length > 0 && id.toString() !== this.self)
      .map(({ id, addresses }) => ({
        peer: id.toString(),
        addresses: addresses.map(({ multiaddr: address }) => withPeer(address, id)),
      }));
  }

  connected(): readonly PeerName[] {
    return this.#node.getPeers().map((peer) => peer.toString());
  }

  onChange(listener: (peer: PeerName, connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(key: Uint8Array, options: OpenOptions = {}): Promise<void> {
    this.#refuseStopped();
    return this.#dht.announce(key, options);
  }

  withdraw(key: Uint8Array): Promise<void> {
    this.#refuseStopped();
    return this.#dht.withdraw(key);
  }

  find(key: Uint8Array, options: OpenOptions = {}): AsyncIterable<PeerName> {
    this.#refuseStopped();
    return this.#dht.find(key, options);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const reason = new VaultError('closed', 'this node was stopped');
    for (const stream of this.#streams) stream.abort(reason);
    await Promise.all([this.#redial.stop(), this.#dht.stop()]);
    await this.#node.stop();
    await Promise.all(this.#tidying);
    await this.#datastore?.close();
  }

  async #dial(target: string, options: OpenOptions): Promise<PeerName> {
    this.#refuseStopped();
    const where = target.startsWith('/')
      ? parseAddress(target)
      : { peer: parsePeer(target), address: undefined };
    if (where.peer.toString() === this.self) throw new VaultError('usage', 'a node does not dial itself');
    try {
      await this.#node.dial(where.address ?? where.peer, options);
    } catch (error) {
      this.#refuseStopped(error);
      throw networkError(target, error, options.signal);
    }
    return where.peer.toString();
  }

  #adopt(peer: PeerId, protocol: string, raw: Stream): Libp2pStream {
    const stream = new Libp2pStream(peer.toString(), protocol, raw);
    this.#streams.add(stream);
    raw.addEventListener('close', () => this.#streams.delete(stream));
    return stream;
  }

  #changed(peer: PeerId, connected: boolean): void {
    if (connected) this.#dht.peersChanged();
    else this.#background(this.#forgetClients(peer));
    for (const listener of this.#listeners) listener(peer.toString(), connected);
  }

  /** A client dials once; later on it dials whom it needs. Until it has a peer, anyone found on the LAN will do. */
  #beginClient(): void {
    const dials = this.#redial.runOnce();
    this.#dht.expectPeers(dials);
    this.#background(dials);
    this.#node.addEventListener('peer:discovery', ({ detail }) => {
      if (this.#node.getConnections().length > 0 || this.#stopping) return;
      this.#background(this.#dial(detail.id.toString(), {}).then(() => undefined));
    });
  }

  /** Peers that serve the DHT, and those we never met: everything worth a connection. */
  async #servers(): Promise<readonly PeerName[]> {
    const peers = await this.#node.peerStore.all();
    return peers
      .filter(({ id, addresses }) => addresses.length > 0 && id.toString() !== this.self)
      .filter(({ protocols }) => protocols.length === 0 || protocols.includes(DHT_PROTOCOL))
      .map(({ id }) => id.toString());
  }

  /**
   * A client has a new identity each time it runs: a peer store that kept them all would grow for ever. It is known by having no address;
   * its protocols tell nothing, since libp2p also notes down what a peer asked for, as if it served that.
   */
  async #forgetClients(peer?: PeerId): Promise<void> {
    if (this.#options.mode === 'client' || this.#stopping) return;
    const clients = await this.#node.peerStore.all({
      filters: [({ id, addresses }) => addresses.length === 0 && (!peer || id.equals(peer))],
    });
    for (const { id } of clients) {
      if (!id.equals(this.#node.peerId) && this.#node.getConnections(id).length === 0)
        await this.#node.peerStore.delete(id);
    }
  }

  /** Work nobody waits for; stop() does. */
  #background(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.#options.log?.(`network: ${String(error)}`))
      .then(() => void this.#tidying.delete(done));
    this.#tidying.add(done);
  }

  #refuseStopped(cause?: unknown): void {
    if (this.#stopping) throw new VaultError('closed', 'this node was stopped', { cause });
  }
}

function withPeer(address: Multiaddr, peer: PeerId): string {
  const text = address.toString();
  return text.endsWith(`/p2p/${peer.toString()}`) ? text : `${text}/p2p/${peer.toString()}`;
}
