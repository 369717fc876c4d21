/** A holder that serves on a simulated network, and a device of a vault that talks to it. */

import { helloProof } from '../../src/crypto/device-proof.ts';
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { encodeAdvert } from '../../src/format/advert.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { encodeLogEntry, entryHash } from '../../src/format/log-entry.ts';
import type { DeviceRole } from '../../src/model/device-role.ts';
import type { DeviceId, PeerName, VaultId } from '../../src/model/ids.ts';
import { GiB } from '../../src/model/units.ts';
import { SimulatedHub } from '../../src/network/simulated-hub.ts';
import { type SimulatedNetwork, startSimulatedNetwork } from '../../src/network/simulated-network.ts';
import type { HolderDuties } from '../../src/protocol/holder-duties.ts';
import { type HolderLimits, type HolderService, serveHoldings } from '../../src/protocol/holder-service.ts';
import { type DeviceHello, RemotePeer, type RemotePeerOptions } from '../../src/protocol/remote-peer.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { Holdings } from '../../src/store/holdings.ts';

export interface TestVault {
  readonly vault: VaultId;
  readonly device: DeviceId;
  readonly certificate: Uint8Array;
  readonly hello: DeviceHello;
  readonly signVault: (message: Uint8Array) => Uint8Array;
  readonly signDevice: (message: Uint8Array) => Uint8Array;
  /** Entries 0 to `count - 1` of the device's log. */
  log(count: number): Uint8Array[];
  /** The first entry of another device, which retires this one after these entries of its log. */
  retirement(after: readonly Uint8Array[]): Uint8Array;
  /** The hello of another device of the vault, with these rights. */
  helloOf(role: Exclude<DeviceRole, 'full'>): DeviceHello;
}

/** The vault of seed `n`, with its one device. */
export function testVault(n: number): TestVault {
  const owner = keyPairOfSeed(new Uint8Array(32).fill(n));
  const machine = keyPairOfSeed(new Uint8Array(32).fill(n + 100));
  const [vault, device] = [owner.publicKey, machine.publicKey];
  const signVault = (message: Uint8Array): Uint8Array => sign(owner.privateKey, message);
  const signDevice = (message: Uint8Array): Uint8Array => sign(machine.privateKey, message);
  const certificate = encodeCertificate({ vault, device, name: 'laptop', created: 0 }, signVault);
  const prove = (holder: PeerName, client: PeerName): Uint8Array =>
    helloProof(machine.privateKey, { vault, holder, client });
  const log = (count: number): Uint8Array[] => {
    const entries: Uint8Array[] = [];
    for (let sequence = 0; sequence < count; sequence++) {
      const before = entries.at(-1);
      const link = before ? { previous: entryHash(before) } : { certificate };
      entries.push(encodeLogEntry({ vault, device, sequence, adds: [], drops: [], ...link }, signDevice));
    }
    return entries;
  };
  const retirement = (after: readonly Uint8Array[]): Uint8Array => {
    const next = keyPairOfSeed(new Uint8Array(32).fill(n + 200));
    const last = after.at(-1);
    const retires = { device, next: after.length, ...(last ? { hash: entryHash(last) } : {}) };
    const names = { vault, device: next.publicKey };
    const entry = {
      ...names,
      sequence: 0,
      certificate: encodeCertificate({ ...names, name: 'desk', created: 0 }, signVault),
      adds: [],
      drops: [],
      retires,
    };
    return encodeLogEntry(entry, (message) => sign(next.privateKey, message), signVault);
  };
  const helloOf = (role: Exclude<DeviceRole, 'full'>): DeviceHello => {
    const other = keyPairOfSeed(new Uint8Array(32).fill(n + 50));
    const scope = role === 'append-only' ? { scope: new Uint8Array(16) } : {};
    const said = { vault, device: other.publicKey, name: role, created: 0, role, ...scope };
    return {
      certificate: encodeCertificate(said, signVault),
      prove: (holder, client) => helloProof(other.privateKey, { vault, holder, client }),
    };
  };
  return {
    vault,
    device,
    certificate,
    helloOf,
    hello: { certificate, prove },
    signVault,
    signDevice,
    log,
    retirement,
  };
}

export interface TestHolder {
  readonly network: SimulatedNetwork;
  readonly holdings: Holdings;
  readonly disk: MemoryDisk;
  readonly service: HolderService;
  readonly announced: VaultId[];
  readonly log: string[];
}

export class World {
  readonly clock: Clock;
  readonly hub: SimulatedHub;
  readonly #networks: SimulatedNetwork[] = [];
  #nodes = 0;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
    this.hub = new SimulatedHub({ clock, latencyMs: 0 });
  }

  async node(mode: 'server' | 'client', seed: number = ++this.#nodes): Promise<SimulatedNetwork> {
    const network = await startSimulatedNetwork(this.hub, {
      mode,
      privateKeySeed: new Uint8Array(32).fill(seed),
    });
    this.#networks.push(network);
    return network;
  }

  async holder(
    limits: Partial<HolderLimits> = {},
    disk: MemoryDisk = new MemoryDisk(),
    seed?: number,
    duties?: (holder: Pick<TestHolder, 'network' | 'holdings'>) => HolderDuties,
  ): Promise<TestHolder> {
    const network = await this.node('server', seed);
    const options = { disk, folder: '/peer', self: network.self, capacityBytes: GiB, floorBytes: 0 };
    const holdings = await Holdings.open({ ...options, clock: this.clock });
    const announced: VaultId[] = [];
    const log: string[] = [];
    const service = await serveHoldings({
      network,
      holdings,
      advert: () => advertOf(network),
      clock: this.clock,
      onVault: (vault) => announced.push(vault),
      duties: duties?.({ network, holdings }),
      log: (message) => log.push(message),
      limits,
    });
    return { network, holdings, disk, service, announced, log };
  }

  /** A device's view of `holder`, from a client node that knows its address. */
  async remote(
    holder: { readonly network: SimulatedNetwork },
    of: TestVault,
    options: Partial<RemotePeerOptions> = {},
  ): Promise<RemotePeer> {
    const network = options.network ?? (await this.node('client'));
    await network.learn({ peer: holder.network.self, addresses: holder.network.addresses() });
    const { vault, hello } = of;
    return new RemotePeer({
      network,
      peer: holder.network.self,
      vault,
      hello,
      clock: this.clock,
      ...options,
    });
  }

  async end(): Promise<void> {
    for (const network of this.#networks) await network.stop();
  }
}

export function advertOf(network: SimulatedNetwork, peer: PeerName = network.self): Uint8Array {
  const numbers = { capacityBytes: GiB, freeBytes: 1000, uptimeShare: 0.5, issuedAt: 5 };
  const texts = { peer, name: 'attic', zone: 'house', machine: 'aa', version: '0.1.0' };
  return encodeAdvert({ ...texts, ...numbers, accepting: true }, (message) => network.sign(message));
}
