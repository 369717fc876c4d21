/** A Network in memory that behaves like the libp2p one as far as its users can tell; time and chance come from its hub. */
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { ByteStream, KnownPeer, Network, OpenOptions, StreamHandler } from './network.ts';
import type { NetworkOptions } from './network-options.ts';
import { newPeerSeed, type PeerIdentity, peerIdentityOf } from './peer-identity.ts';
import { RedialLoop } from './redial-loop.ts';
import type { HubNode, SimulatedHub } from './simulated-hub.ts';
import { SimulatedStream } from './simulated-stream.ts';

export type SimulatedNetworkOptions = Partial<
  Pick<NetworkOptions, 'privateKeySeed' | 'prologue' | 'bootstrap' | 'mode'>
> & {
  /** What a peer store on disk would have kept. */
  readonly known?: readonly KnownPeer[];
};

const DIAL_TIMEOUT_MS = 5000;

function addressOf(name: PeerName): string {
  return `/memory/${name}/p2p/${name}`;
}

/** Like `startLibp2pNetwork`: resolves when the node serves; bootstrap peers may be down and are reached later. */
export async function startSimulatedNetwork(
  hub: SimulatedHub,
  options: SimulatedNetworkOptions = {},
): Promise<SimulatedNetwork> {
  const network = new SimulatedNetwork(hub, options);
  hub.add(network);
  network.begin();
  return network;
}

export class SimulatedNetwork implements Network, HubNode {
  readonly self: PeerName;
  readonly prologue: Uint8Array;
  readonly mode: 'server' | 'client';
  readonly listening: boolean;
  readonly #hub: SimulatedHub;
  readonly #identity: PeerIdentity;
  readonly #known = new Map<PeerName, KnownPeer>();
  readonly #handlers = new Map<string, StreamHandler>();
  readonly #links = new Map<PeerName, Set<SimulatedStream>>();
  readonly #dials = new Map<PeerName, Promise<void>>();
  readonly #listeners = new Set<(peer: PeerName, connected: boolean) => void>();
  readonly #announced: Uint8Array[] = [];
  readonly #redial: RedialLoop;
  #firstDials: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(hub: SimulatedHub, options: SimulatedNetworkOptions) {
    this.#hub = hub;
    this.#identity = peerIdentityOf(options.privateKeySeed ?? newPeerSeed(hub.random));
    this.self = this.#identity.name;
    this.prologue = options.prologue ?? new Uint8Array(0);
    this.mode = options.mode ?? 'server';
    this.listening = this.mode === 'server';
    for (const known of options.known ?? []) this.#known.set(known.peer, known);
    for (const address of options.bootstrap ?? []) this.#remember(peerOf(address));
    this.#redial = new RedialLoop({
      ...hub.redial,
      clock: hub.clock,
      random: hub.random.fork(this.self),
      candidates: async () => this.#gossip(),
      isConnected: (peer) => this.#links.has(peer),
      dial: (peer, signal) => this.connect(peer, { signal }),
    });
  }

  get name(): PeerName {
    return this.self;
  }

  begin(): void {
    if (this.mode === 'server') this.#redial.start();
    else this.#firstDials = this.#redial.runOnce();
  }

  addresses(): readonly string[] {
    return this.listening ? [addressOf(this.self)] : [];
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#identity.sign(message);
  }

  async handle(protocol: string, handler: StreamHandler): Promise<void> {
    this.#handlers.set(protocol, handler);
  }

  serves(protocol: string): boolean {
    return this.#handlers.has(protocol);
  }

  async open(peer: PeerName, protocol: string, options: OpenOptions = {}): Promise<ByteStream> {
    await this.connect(peer, options);
    await this.#trip(peer, options.signal);
    const other = this.#hub.node(peer);
    const link = this.#links.get(peer);
    if (!(other instanceof SimulatedNetwork) || !link)
      throw new VaultError('closed', `the connection to ${peer} broke`);
    if (!other.serves(protocol)) throw new VaultError('unavailable', `${peer} does not serve ${protocol}`);
    const giveUp = (): void =>
      this.#dropLink(peer, new VaultError('closed', `nothing gets through to ${peer}`));
    const wires = {
      there: this.#hub.wire(this.self, peer, giveUp),
      back: this.#hub.wire(peer, this.self, giveUp),
    };
    const [mine, theirs] = SimulatedStream.pair({ dialer: this.self, listener: peer }, protocol, wires);
    track(link, mine);
    other.adopt(this.self, theirs);
    return mine;
  }

  /** A stream that `from` opened to us. */
  adopt(from: PeerName, stream: SimulatedStream): void {
    const link = this.#links.get(from);
    const handler = this.#handlers.get(stream.protocol);
    if (link && handler) {
      track(link, stream);
      handler(stream);
    } else stream.abort(new VaultError('closed', `the connection from ${from} broke`));
  }

  async connect(target: string, options: OpenOptions = {}): Promise<PeerName> {
    const peer = peerOf(target);
    options.signal?.throwIfAborted();
    if (this.#stopped) throw new VaultError('closed', 'this node was stopped');
    if (peer === this.self) throw new VaultError('usage', 'a node does not dial itself');
    if (this.#links.has(peer)) return peer;
    if (target === peer && !this.#known.has(peer)) await this.#lookUp(peer, options.signal);
    let dial = this.#dials.get(peer);
    if (!dial) {
      dial = this.#dial(peer, options.signal).finally(() => this.#dials.delete(peer));
      this.#dials.set(peer, dial);
    }
    await dial;
    return peer;
  }

  async learn(known: KnownPeer): Promise<void> {
    if (known.peer !== this.self && known.addresses.length > 0) this.#known.set(known.peer, known);
  }

  async known(): Promise<readonly KnownPeer[]> {
    return [...this.#known.values()];
  }

  connected(): readonly PeerName[] {
    return [...this.#links.keys()];
  }

  onChange(listener: (peer: PeerName, connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async announce(key: Uint8Array, options: OpenOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#announced.push(key);
    this.#hub.announce(key, this.self);
  }

  async withdraw(key: Uint8Array): Promise<void> {
    this.#hub.withdraw(key, this.self);
  }

  async *find(key: Uint8Array, options: OpenOptions = {}): AsyncIterable<PeerName> {
    await this.#firstDials;
    const nearest = this.connected()[0];
    if (nearest) await this.#trip(nearest, options.signal).catch(() => undefined); // an aborted search just ends
    if (options.signal?.aborted) return;
    for (const name of this.#hub.providers(key, this)) {
      if (name !== this.self) this.#remember(name);
      yield name;
    }
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const key of this.#announced) this.#hub.withdraw(key, this.self);
    for (const peer of this.connected())
      this.#dropLink(peer, new VaultError('closed', `${this.self} stopped`));
    if (this.#hub.node(this.self) === this) this.#hub.kill(this.self);
    await this.#redial.stop();
  }

  halt(): void {
    this.#stopped = true;
    void this.#redial.stop();
  }

  linked(peer: PeerName): void {
    if (this.#links.has(peer)) return;
    this.#links.set(peer, new Set());
    if (this.#hub.node(peer)?.listening) this.#remember(peer);
    for (const listener of this.#listeners) listener(peer, true);
  }

  unlinked(peer: PeerName, reason: Error): void {
    const streams = this.#links.get(peer);
    if (!streams) return;
    this.#links.delete(peer);
    for (const stream of streams) stream.fail(reason);
    for (const listener of this.#listeners) listener(peer, false);
  }

  #remember(peer: PeerName): void {
    if (peer !== this.self) this.#known.set(peer, { peer, addresses: [addressOf(peer)] });
  }

  /** As libp2p does for a bare name: the DHT, if we are connected to any of it, tells the addresses. */
  async #lookUp(peer: PeerName, signal: AbortSignal | undefined): Promise<void> {
    const nearest = this.connected()[0];
    if (nearest) await this.#trip(nearest, signal);
    if (!nearest || !this.#hub.reaches(this, peer)) {
      throw new VaultError('unavailable', `no address of ${peer} is known`);
    }
    this.#remember(peer);
  }

  /** Servers learn from the servers they are connected to, as the DHT's routing tables fill. */
  #gossip(): readonly PeerName[] {
    for (const peer of this.connected()) {
      const other = this.#hub.node(peer);
      const theirs = other?.mode === 'server' ? other.connected() : [];
      for (const name of theirs) if (this.#hub.node(name)?.listening) this.#remember(name);
    }
    return [...this.#known.keys()];
  }

  #dropLink(peer: PeerName, reason: Error): void {
    this.unlinked(peer, reason);
    const delayMs = this.#hub.latencyMs(this.self, peer);
    const { self } = this;
    this.#hub.clock.schedule(delayMs, () => this.#hub.node(peer)?.unlinked(self, reason));
  }

  async #dial(peer: PeerName, signal: AbortSignal | undefined): Promise<void> {
    await this.#trip(peer, signal);
    const other = this.#hub.node(peer);
    if (!other?.listening) throw new VaultError('unavailable', `nobody answers at the address of ${peer}`);
    if (!bytesEqual(this.prologue, other.prologue)) {
      throw new VaultError('foreign-mesh', `${peer} belongs to another mesh: it refused the handshake`);
    }
    if (this.#stopped) throw new VaultError('closed', 'this node was stopped');
    other.linked(this.self);
    this.linked(peer);
  }

  /** A round trip to `peer`; throws 'timeout' when nothing gets through. */
  async #trip(peer: PeerName, signal: AbortSignal | undefined): Promise<void> {
    const there = this.#hub.delayMs(this.self, peer, 0);
    const back = this.#hub.delayMs(peer, this.self, 0);
    if (there !== undefined && back !== undefined) return this.#hub.clock.sleep(there + back, signal);
    await this.#hub.clock.sleep(DIAL_TIMEOUT_MS, signal);
    throw new VaultError('timeout', `${peer} did not answer within ${DIAL_TIMEOUT_MS / 1000} s`);
  }
}

/** The peer a full address or a bare name speaks of. */
function peerOf(target: string): PeerName {
  if (!target.startsWith('/')) return target;
  const name = /\/p2p\/([^/]+)$/.exec(target)?.[1];
  if (!name) throw new VaultError('usage', `the address ${target} does not end with /p2p/ and a peer's name`);
  return name;
}

function track(link: Set<SimulatedStream>, stream: SimulatedStream): void {
  link.add(stream);
  stream.onDone = () => link.delete(stream);
}
