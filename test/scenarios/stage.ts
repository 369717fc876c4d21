/** The stage of the plays in this folder: whole peers on a simulated network, in virtual time, and an owner who comes and goes. */

import { helloProof, permitProof } from '../../src/crypto/device-proof.ts';
import { digestOf } from '../../src/crypto/digest.ts';
import { keyPairOfSeed } from '../../src/crypto/ed25519.ts';
import { prologueOf } from '../../src/crypto/mesh-keys.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { DEFAULT_KEEPER_SETTINGS, type KeeperSettings } from '../../src/maintenance/keeper-settings.ts';
import type { KeeperStatus, KeptVault } from '../../src/maintenance/keeper-status.ts';
import { PeerNode } from '../../src/maintenance/peer-node.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { type Digest, groupOf, type PeerName } from '../../src/model/ids.ts';
import { GiB } from '../../src/model/units.ts';
import { SimulatedHub } from '../../src/network/simulated-hub.ts';
import { type SimulatedNetwork, startSimulatedNetwork } from '../../src/network/simulated-network.ts';
import { type DeviceHello, RemotePeer } from '../../src/protocol/remote-peer.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import type { SealedChunk } from '../../src/store/chunk-store.ts';
import { Holdings, type VaultHolding } from '../../src/store/holdings.ts';
import { SampleDevice, SampleVault } from '../store/sample-log.ts';

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** Times as in real life, but two hours where life has three days, so that plays are short. */
const SETTINGS: KeeperSettings = {
  ...DEFAULT_KEEPER_SETTINGS,
  health: { ...DEFAULT_KEEPER_SETTINGS.health, lostMs: 2 * HOUR, togetherMs: 20 * MINUTE, brakeMs: DAY },
  leaseMs: 20 * MINUTE,
};

export interface Actor {
  readonly name: PeerName;
  readonly label: string;
  readonly seed: Uint8Array;
  readonly zone: string;
  /** Tag of the machine it says it runs on. */
  readonly machine: string;
  readonly disk: MemoryDisk;
  readonly capacityBytes: number;
  /** Used by the next life. */
  maxVaultBytes: number | undefined;
  readonly warnings: string[];
  network: SimulatedNetwork;
  holdings: Holdings;
  node: PeerNode;
  up: boolean;
}

export interface StageOptions {
  readonly seed?: number;
  readonly settings?: Partial<KeeperSettings>;
}

export class Stage {
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly random: SeededRandom;
  readonly hub: SimulatedHub;
  readonly vault: SampleVault = new SampleVault('stage');
  readonly laptop: SampleDevice = new SampleDevice(this.vault, 'laptop');
  readonly actors: Actor[] = [];
  readonly settings: KeeperSettings;
  readonly meshSecret: Uint8Array;
  #owner: SimulatedNetwork | undefined;
  #tableVersion = 0;

  constructor(options: StageOptions = {}) {
    this.random = new SeededRandom(`stage ${options.seed ?? 1}`);
    this.hub = new SimulatedHub({ clock: this.clock, random: this.random.fork('hub'), latencyMs: 5 });
    this.settings = { ...SETTINGS, ...options.settings };
    this.meshSecret = this.random.bytes(32);
  }

  /** Lets virtual time run until `work` settles. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.until(work);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Lets time pass in steps until it is so; false when it is not after `ms`. */
  async passUntil(
    ms: number,
    isSo: () => boolean | Promise<boolean>,
    stepMs: number = MINUTE,
  ): Promise<boolean> {
    for (let passedMs = 0; passedMs <= ms; passedMs += stepMs) {
      if (await isSo()) return true;
      await this.pass(stepMs);
    }
    return isSo();
  }

  /** New peers enter, each in a zone of its own unless said. */
  async enter(
    labels: readonly string[],
    more: { capacityBytes?: number; maxVaultBytes?: number; zone?: string; machine?: string } = {},
  ): Promise<Actor[]> {
    const entered: Actor[] = [];
    for (const label of labels) {
      const disk = new MemoryDisk({
        totalBytes: 4 * GiB,
        random: this.random.fork(`disk ${label}`),
        now: () => this.clock.now(),
      });
      const seed = this.random.bytes(32);
      const zone = more.zone ?? `zone of ${label}`;
      const capacityBytes = more.capacityBytes ?? GiB;
      const { maxVaultBytes } = more;
      const machine = more.machine ?? `machine of ${label}`;
      const blank = {
        label,
        seed,
        zone,
        machine,
        disk,
        capacityBytes,
        maxVaultBytes,
        warnings: [],
        up: true,
      };
      const actor = await this.#live(blank);
      this.actors.push(actor);
      entered.push(actor);
    }
    await this.pass(2000);
    return entered;
  }

  async enter4(): Promise<[Actor, Actor, Actor, Actor]> {
    const [alfa, bravo, charlie, delta] = await this.enter(['alfa', 'bravo', 'charlie', 'delta']);
    if (!alfa || !bravo || !charlie || !delta) throw new Error('somebody did not come');
    return [alfa, bravo, charlie, delta];
  }

  /** Without a word, as after kill -9. */
  kill(actor: Actor): void {
    actor.node.halt();
    this.hub.kill(actor.name);
    actor.disk.crash();
    actor.up = false;
  }

  async comeBack(actor: Actor): Promise<void> {
    const back = await this.#live(actor);
    Object.assign(actor, { ...back, up: true });
    await this.pass(2000);
  }

  async stop(): Promise<void> {
    for (const actor of this.actors) if (actor.up) await this.run(actor.node.stop());
    for (const actor of this.actors) if (actor.up) await this.run(actor.network.stop());
    await this.run(this.#owner?.stop() ?? Promise.resolve());
  }

  chunks(count: number, bytes = 3000): SealedChunk[] {
    return Array.from({ length: count }, () => {
      const sealed = this.random.bytes(bytes);
      return { digest: digestOf(sealed), bytes: sealed };
    });
  }

  /** The owner comes, writes, and is gone again: chunks on the right holders, then the entry and the table on all `holders`. */
  async backUp(chunks: readonly SealedChunk[], holders: readonly Actor[], copies = 3): Promise<void> {
    const adds = chunks.map(({ digest, bytes }) => ({ digest, size: bytes.length }));
    await this.write(holders, { chunks, copies, entry: this.laptop.entry({ adds }) });
  }

  async write(
    holders: readonly Actor[],
    what: { chunks?: readonly SealedChunk[]; copies?: number; entry?: Uint8Array; avoid?: string[] },
  ): Promise<void> {
    const { chunks = [], copies = 3, entry, avoid } = what;
    const members = holders.map(({ name, zone }) => ({ peer: name, weight: 50, zone }));
    const table = this.vault.table(++this.#tableVersion, { members, copies, ...(avoid ? { avoid } : {}) });
    for (const holder of holders) {
      if (!holder.up) continue;
      const remote = await this.#remote(holder);
      await this.run(remote.tableWrite(table));
      for (const chunk of chunks) {
        if (holders.length <= copies || this.#shouldHold(holder, holders, chunk.digest, copies))
          await this.run(remote.put(chunk).catch(unlessFull));
      }
      if (entry) await this.run(remote.logAppend(entry));
      await this.run(remote.close());
    }
  }

  holding(actor: Actor): VaultHolding {
    return actor.holdings.vault(this.vault.id, true);
  }

  /** Who among the living really has the chunk, by their disks. */
  async whoHas(digest: Digest): Promise<Actor[]> {
    const owners: Actor[] = [];
    for (const actor of this.actors) {
      if (!actor.up) continue;
      const [here] = await this.holding(actor).chunks.has([digest]);
      const whole =
        here &&
        (await this.holding(actor)
          .chunks.get(digest)
          .catch(() => undefined));
      if (whole) owners.push(actor);
    }
    return owners;
  }

  /** Copies of the worst chunk on living peers. */
  async fewestCopies(chunks: readonly SealedChunk[]): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY;
    for (const { digest } of chunks) fewest = Math.min(fewest, (await this.whoHas(digest)).length);
    return fewest;
  }

  async mostCopies(chunks: readonly SealedChunk[]): Promise<number> {
    let most = 0;
    for (const { digest } of chunks) most = Math.max(most, (await this.whoHas(digest)).length);
    return most;
  }

  status(actor: Actor): KeeperStatus {
    return actor.node.status();
  }

  kept(actor: Actor): KeptVault {
    const [vault] = this.status(actor).vaults;
    if (!vault) throw new Error(`${actor.label} keeps no vault`);
    return vault;
  }

  healthOf(watcher: Actor, other: Actor): string | undefined {
    return this.status(watcher).peers.find(({ peer }) => peer === other.name)?.health;
  }

  #shouldHold(holder: Actor, holders: readonly Actor[], digest: Digest, copies: number): boolean {
    const at = holders.indexOf(holder);
    const first = groupOf(digest) % holders.length;
    return (at - first + holders.length) % holders.length < copies;
  }

  async #remote(holder: Actor): Promise<RemotePeer> {
    this.#owner ??= await startSimulatedNetwork(this.hub, {
      mode: 'client',
      prologue: prologueOf(this.meshSecret),
      bootstrap: this.actors.flatMap(({ network }) => network.addresses()),
    });
    const owner = this.#owner;
    for (const { name, network } of this.actors) {
      await owner.learn({ peer: name, addresses: network.addresses() });
    }
    const key = keyPairOfSeed(new SeededRandom('device laptop').bytes(32));
    const facts = { vault: this.vault.id, device: key.publicKey, name: 'laptop', created: 0 };
    const hello: DeviceHello = {
      certificate: encodeCertificate(facts, this.vault.sign),
      permit: (of) => permitProof(key.privateKey, of),
      nonce: () => this.random.bytes(16),
      prove: (peer: PeerName, client: PeerName) =>
        helloProof(key.privateKey, { vault: this.vault.id, holder: peer, client }),
    };
    return new RemotePeer({
      network: owner,
      peer: holder.name,
      vault: this.vault.id,
      hello,
      clock: this.clock,
    });
  }

  async #live(actor: Omit<Actor, 'name' | 'network' | 'holdings' | 'node'>): Promise<Actor> {
    const { label, seed, zone, machine, disk, capacityBytes, maxVaultBytes, warnings } = actor;
    const { clock, hub } = this;
    const prologue = prologueOf(this.meshSecret);
    const bootstrap = this.actors.filter(({ up }) => up).flatMap(({ network }) => network.addresses());
    const network = await startSimulatedNetwork(hub, { privateKeySeed: seed, bootstrap, prologue });
    const place = { disk, folder: '/peer', self: network.self };
    const holdings = await this.run(
      Holdings.open({
        ...place,
        capacityBytes,
        ...(maxVaultBytes === undefined ? {} : { maxVaultBytes }),
        floorBytes: 0,
        clock,
      }),
    );
    const node = await this.run(
      PeerNode.start({
        network,
        holdings,
        disk,
        folder: '/peer',
        meshSecret: this.meshSecret,
        identity: { name: label, zone, machine, version: '0.1.0' },
        clock,
        random: this.random.fork(`peer ${label} ${clock.monotonicMs()}`),
        settings: this.settings,
        onWarning: (message) => warnings.push(message),
      }),
    );
    return {
      label,
      seed,
      zone,
      machine,
      disk,
      capacityBytes,
      maxVaultBytes,
      warnings,
      name: network.self,
      network,
      holdings,
      node,
      up: true,
    };
  }
}

/** A full holder refuses; the owner goes on with the others. */
function unlessFull(error: unknown): void {
  if (!isVaultError(error, 'no-space')) throw error;
}
