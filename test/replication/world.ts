/** A small mesh in one process and in virtual time: real holders and wire protocol over the simulated network, one client. */
import { helloProof, permitProof } from '../../src/crypto/device-proof.ts';
import { digestOf } from '../../src/crypto/digest.ts';
import { type KeyPair, keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { storagePeersKey, vaultHoldersKey } from '../../src/crypto/mesh-keys.ts';
import { type Advert, encodeAdvert } from '../../src/format/advert.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { encodeHolderTable } from '../../src/format/holder-table.ts';
import type { Digest, PeerName } from '../../src/model/ids.ts';
import { GiB } from '../../src/model/units.ts';
import { SimulatedHub } from '../../src/network/simulated-hub.ts';
import { type SimulatedNetwork, startSimulatedNetwork } from '../../src/network/simulated-network.ts';
import type { TableMember } from '../../src/policy/placement.ts';
import { type HolderService, serveHoldings } from '../../src/protocol/holder-service.ts';
import type { DeviceHello } from '../../src/protocol/remote-peer.ts';
import { Mesh } from '../../src/replication/mesh.ts';
import { MeshStore, type MeshStoreOptions } from '../../src/replication/mesh-store.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import type { SealedChunk, WaitOptions } from '../../src/store/chunk-store.ts';
import type { HeldChunks } from '../../src/store/held-chunks.ts';
import { Holdings } from '../../src/store/holdings.ts';
import type { VaultHolding } from '../../src/store/vault-holding.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly peers: number;
  readonly latencyMs?: number;
  readonly zoneOf?: (index: number) => string;
  readonly capacityOf?: (index: number) => number;
  readonly machineOf?: (index: number) => string;
}

export interface WorldPeer {
  readonly index: number;
  readonly name: PeerName;
  readonly network: SimulatedNetwork;
  readonly holdings: Holdings;
  readonly service: HolderService;
  readonly zone: string;
}

export class World {
  readonly random: SeededRandom;
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly hub: SimulatedHub;
  readonly meshSecret: Uint8Array;
  readonly vaultKey: KeyPair;
  readonly peers: WorldPeer[] = [];
  readonly options: WorldOptions;
  #mesh: Mesh | undefined;
  #network: SimulatedNetwork | undefined;

  private constructor(options: WorldOptions) {
    this.options = options;
    this.random = new SeededRandom(`world ${options.seed}`);
    this.hub = new SimulatedHub({
      clock: this.clock,
      random: this.random.fork('hub'),
      latencyMs: options.latencyMs ?? 2,
    });
    this.meshSecret = this.random.bytes(32);
    this.vaultKey = keyPairOfSeed(this.random.bytes(32));
  }

  static async make(options: WorldOptions): Promise<World> {
    const world = new World(options);
    for (let index = 0; index < options.peers; index += 1) await world.#start(index);
    await world.clock.advance(2_000);
    world.#network = await startSimulatedNetwork(world.hub, { mode: 'client', bootstrap: world.addresses() });
    world.#mesh = await world.run(world.join());
    return world;
  }

  get vault(): Uint8Array {
    return this.vaultKey.publicKey;
  }

  get mesh(): Mesh {
    if (!this.#mesh) throw new Error('the world was not made');
    return this.#mesh;
  }

  get client(): SimulatedNetwork {
    if (!this.#network) throw new Error('the world was not made');
    return this.#network;
  }

  addresses(): string[] {
    return this.peers.flatMap((peer) => peer.network.addresses());
  }

  join(): Promise<Mesh> {
    const { client: network, meshSecret, clock } = this;
    return Mesh.join({ network, meshSecret, clock, bootstrap: this.addresses() });
  }

  /** Lets virtual time run until `work` settles. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.until(work);
  }

  /** A device of the vault. */
  device(name = 'laptop'): {
    readonly key: KeyPair;
    readonly certificate: Uint8Array;
    readonly hello: DeviceHello;
  } {
    const key = keyPairOfSeed(digestOf(new TextEncoder().encode(name)));
    const facts = { vault: this.vault, device: key.publicKey, name, created: 0 };
    const certificate = encodeCertificate(facts, (message) => sign(this.vaultKey.privateKey, message));
    const prove = (holder: PeerName, client: PeerName): Uint8Array =>
      helloProof(key.privateKey, { vault: this.vault, holder, client });
    return {
      key,
      certificate,
      hello: {
        certificate,
        prove,
        permit: (of) => permitProof(key.privateKey, of),
        nonce: () => this.random.bytes(16),
      },
    };
  }

  members(): TableMember[] {
    return this.peers.map(({ name, zone }) => ({ peer: name, weight: 50, zone }));
  }

  /** Every holder learns the owner's table, as a backup writes it before its first chunk. */
  async writeTable(): Promise<void> {
    const table = { vault: this.vault, version: 1, copies: 3, members: this.members() };
    const bytes = encodeHolderTable(table, (message) => sign(this.vaultKey.privateKey, message));
    for (const { name } of this.peers) await this.holding(name).table.write(bytes);
  }

  store(changes: Partial<MeshStoreOptions> = {}): MeshStore {
    const { hello } = this.device();
    return new MeshStore({
      vault: this.vault,
      table: { copies: 3, members: this.members() },
      remote: (peer) => this.mesh.remote(peer, this.vault, hello),
      clock: this.clock,
      ...changes,
    });
  }

  chunk(bytes = 20_000): SealedChunk {
    const sealed = this.random.bytes(bytes);
    return { digest: digestOf(sealed), bytes: sealed };
  }

  chunks(count: number, bytes = 20_000): SealedChunk[] {
    return Array.from({ length: count }, () => this.chunk(bytes));
  }

  peer(name: PeerName): WorldPeer {
    const peer = this.peers.find((candidate) => candidate.name === name);
    if (!peer) throw new Error(`no peer ${name}`);
    return peer;
  }

  holding(name: PeerName): VaultHolding {
    return this.peer(name).holdings.vault(this.vault, true);
  }

  /** Who really keeps a chunk, dead or alive. */
  async whoHas(digest: Digest): Promise<Set<PeerName>> {
    const names = new Set<PeerName>();
    for (const { name } of this.peers) {
      const [here] = await this.holding(name).chunks.has([digest]);
      if (here) names.add(name);
    }
    return names;
  }

  kill(name: PeerName): void {
    this.hub.kill(name);
  }

  /** From now on the peer delivers other bytes than it was given; returns for which chunks it was asked. */
  makeLie(name: PeerName): Digest[] {
    const holding = this.holding(name);
    const asked: Digest[] = [];
    Object.assign(holding, { chunks: new LyingChunks(holding.chunks, asked) });
    return asked;
  }

  async #start(index: number): Promise<void> {
    const { hub, clock, options } = this;
    const first = this.peers[0]?.network.addresses() ?? [];
    const network = await startSimulatedNetwork(hub, { bootstrap: first });
    const capacityBytes = options.capacityOf?.(index) ?? GiB;
    const disk = new MemoryDisk({ totalBytes: 4 * GiB, random: this.random.fork(`disk ${index}`) });
    const place = { disk, folder: '/peer', self: network.self };
    const holdings = await Holdings.open({ ...place, capacityBytes, floorBytes: 0, clock });
    const zone = options.zoneOf?.(index) ?? `zone ${index}`;
    const advert = (): Uint8Array => {
      const facts: Advert = {
        peer: network.self,
        name: `peer-${index}`,
        zone,
        machine: options.machineOf?.(index) ?? `machine-${index}`,
        capacityBytes,
        freeBytes: holdings.usage().freeBytes,
        version: '0.1.0',
        uptimeShare: 1,
        issuedAt: clock.now(),
        accepting: true,
      };
      return encodeAdvert(facts, (message) => network.sign(message));
    };
    const onVault = (vault: Uint8Array): void => {
      void network.announce(vaultHoldersKey(this.meshSecret, vault));
    };
    const service = await serveHoldings({ network, holdings, advert, clock, onVault });
    await network.announce(storagePeersKey(this.meshSecret));
    this.peers.push({ index, name: network.self, network, holdings, service, zone });
  }
}

/** Flips one bit of everything it delivers. */
class LyingChunks implements HeldChunks {
  readonly #honest: HeldChunks;
  readonly #asked: Digest[];

  constructor(honest: HeldChunks, asked: Digest[]) {
    this.#honest = honest;
    this.#asked = asked;
  }

  async get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined> {
    this.#asked.push(digest.slice());
    const bytes = (await this.#honest.get(digest, options))?.slice();
    if (bytes) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    return bytes;
  }

  put: HeldChunks['put'] = (chunk, options) => this.#honest.put(chunk, options);
  has: HeldChunks['has'] = (digests, options) => this.#honest.has(digests, options);
  usage: HeldChunks['usage'] = () => this.#honest.usage();
  list: HeldChunks['list'] = (group) => this.#honest.list(group);
  remove: HeldChunks['remove'] = (digest, options) => this.#honest.remove(digest, options);
  toTrash: HeldChunks['toTrash'] = (digest, options) => this.#honest.toTrash(digest, options);
  fromTrash: HeldChunks['fromTrash'] = (digest) => this.#honest.fromTrash(digest);
  purge: HeldChunks['purge'] = (digest, options) => this.#honest.purge(digest, options);
}
