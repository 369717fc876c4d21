/** One machine of the mesh: a disk that outlives its processes, a wall clock that may be wrong, and at most one running peer. */
import { prologueOf } from '../crypto/mesh-keys.ts';
import { PeerNode } from '../maintenance/peer-node.ts';
import { isVaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { peerNameOfSeed } from '../network/peer-identity.ts';
import { type SimulatedNetwork, startSimulatedNetwork } from '../network/simulated-network.ts';
import { MemoryDisk } from '../runtime/memory-disk.ts';
import type { SeededRandom } from '../runtime/seeded-random.ts';
import { Holdings } from '../store/holdings.ts';
import { DiskBooks } from './disk-oracle.ts';
import type { Cheat, FileChange, MachineHost } from './host.ts';
import { ProcessClock, type WallClock } from './process-clock.ts';
import { type DiskObserver, WatchedDisk } from './watched-disk.ts';

const FOLDER = '/peer';

export interface MachineOptions {
  readonly index: number;
  readonly zone: string;
  readonly capacityBytes: number;
  readonly diskBytes: number;
}

interface Life {
  readonly clock: ProcessClock;
  readonly network: SimulatedNetwork;
  readonly node: PeerNode;
}

export class Machine {
  readonly options: MachineOptions;
  readonly name: PeerName;
  readonly disk: MemoryDisk;
  readonly books: DiskBooks = new DiskBooks();
  readonly wall: WallClock = { offsetMs: 0 };
  /** Set while this peer cheats. */
  liar: Cheat | undefined;
  /** Each step of a write takes this long. */
  diskMs = 1;
  /** When it left, never to come back; its copies are gone. */
  goneMs: number | undefined;
  /** When one of its log entries rotted. */
  logsDamagedMs: number | undefined;
  /** What its owner gives; used by the next process. */
  capacityBytes: number;
  /** It is being emptied. */
  #draining = false;
  /** What was kept, and logs may still take, when its owner gave less than that. */
  #keptBytes = 0;
  readonly #world: MachineHost;
  readonly #random: SeededRandom;
  readonly #seed: Uint8Array;
  #life: Life | undefined;
  #starting: ProcessClock | undefined;
  #lives = 0;
  /** Of processes that have ended. */
  #repaired = 0;

  constructor(world: MachineHost, options: MachineOptions) {
    this.#world = world;
    this.options = options;
    this.capacityBytes = options.capacityBytes;
    this.#random = world.random.fork(`machine ${options.index}`);
    this.#seed = this.#random.bytes(32);
    this.name = peerNameOfSeed(this.#seed);
    this.disk = new MemoryDisk({
      totalBytes: options.diskBytes,
      random: this.#random.fork('disk'),
      now: () => world.clock.now() + this.wall.offsetMs,
      pace: () => world.clock.sleep(this.diskMs),
    });
  }

  get label(): string {
    return `peer-${this.options.index}`;
  }

  get zone(): string {
    return this.options.zone;
  }

  /** A process runs, or is about to. */
  get running(): boolean {
    return this.#life !== undefined || this.#starting !== undefined;
  }

  get node(): PeerNode | undefined {
    return this.#life?.node;
  }

  get gone(): boolean {
    return this.goneMs !== undefined;
  }

  leave(nowMs: number): void {
    this.goneMs = nowMs;
  }

  /** What it may keep: what its owner gives, and what it had when that was more. */
  get allowedBytes(): number {
    return Math.max(this.capacityBytes, this.#keptBytes);
  }

  /** Its owner gives less from now on. The room of logs stays theirs, as for any peer. */
  async lowerCapacity(bytes: number): Promise<void> {
    await this.stop();
    this.#keptBytes = this.books.heldBytes + Math.floor(bytes / 20);
    this.capacityBytes = bytes;
    await this.start();
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** A disk that takes nothing now cannot remember it: the next process is told again. */
  async drain(on: boolean): Promise<void> {
    this.#draining = on;
    try {
      await this.node?.drain(on);
    } catch (error) {
      if (!isVaultError(error, 'no-space', 'closed')) throw error;
      this.#world.note(`${this.label} could not remember that it is drained: ${error.message}`);
    }
  }

  /** A good copy's bytes, past the running process. */
  goodBytes(digest: string): Uint8Array | undefined {
    const path = this.books.goodPath(digest);
    return path === undefined ? undefined : this.disk.peek(path);
  }

  /** It has a good copy and would give it out. */
  offers(digest: string): boolean {
    return !this.gone && this.liar?.withholds !== true && this.books.has(digest);
  }

  /** Chunks that its processes fetched for repair. */
  repairs(): number {
    return this.#repaired + (this.#life?.node.status().repairedChunks ?? 0);
  }

  addresses(): readonly string[] {
    return [`/memory/${this.name}/p2p/${this.name}`];
  }

  /** Starts the peer's process. A start that fails is like a crash: somebody starts it again later. */
  async start(): Promise<void> {
    if (this.running || this.gone) return;
    const world = this.#world;
    const clock = new ProcessClock(world.clock, this.wall);
    this.#starting = clock;
    try {
      const life = await this.#begin(clock);
      if (clock.dead) return;
      this.#life = life;
    } catch (error) {
      clock.kill();
      world.hub.kill(this.name);
      world.note(`${this.label} did not start: ${error instanceof Error ? error.message : String(error)}`);
      world.startFailed(this.options.index, error);
    } finally {
      if (this.#starting === clock) this.#starting = undefined;
    }
  }

  /** The power goes: unfinished writes are torn or lost, connections break, nothing is said in parting. */
  async crash(): Promise<void> {
    if (!this.running) return;
    this.#starting?.kill();
    this.#starting = undefined;
    this.#repaired = this.repairs();
    this.#life?.clock.kill();
    this.#life = undefined;
    this.#world.hub.kill(this.name);
    this.disk.crash();
    await this.rescan();
  }

  /** Stopped as a person does it. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    await life.node.stop();
    await life.network.stop();
    this.#repaired = this.repairs();
    if (this.#life === life) this.#life = undefined;
    life.clock.kill();
  }

  /** Counts the disk anew, after something changed it that no process was told of. */
  async rescan(): Promise<void> {
    const before = [...this.books.chunkPaths(), ...this.books.logPaths()];
    const paths = new Set(this.disk.paths());
    for (const path of before) if (!paths.has(path)) this.books.delete(path);
    for (const path of paths) {
      const bytes = path.includes('/vaults/') ? this.disk.peek(path) : undefined;
      if (bytes) this.books.set(path, bytes);
    }
  }

  async #begin(clock: ProcessClock): Promise<Life> {
    const world = this.#world;
    const random = this.#random.fork(`life ${this.#lives++}`);
    const disk = new WatchedDisk(this.disk, clock, this.#observer());
    const network = await startSimulatedNetwork(world.hub, {
      privateKeySeed: this.#seed,
      prologue: prologueOf(world.meshSecret),
      bootstrap: world.bootstrapFor(this.options.index),
    });
    const holdings = await Holdings.open({
      disk,
      folder: FOLDER,
      self: this.name,
      capacityBytes: this.capacityBytes,
      floorBytes: 0,
      clock,
      onDamage: (_vault, what, name) => world.note(`${this.label} found a damaged ${what} ${name}`),
    });
    const node = await PeerNode.start({
      network,
      holdings: this.liar ? this.liar.holdings(holdings) : holdings,
      disk,
      folder: FOLDER,
      meshSecret: world.meshSecret,
      identity: {
        name: this.label,
        zone: this.zone,
        machine: `machine of ${this.label}`,
        version: '0.1.0',
      },
      clock,
      random,
      settings: world.settings.keeper,
      onWarning: (message) => {
        if (!clock.dead) world.note(`${this.label} warns: ${message}`);
      },
    });
    if (this.#draining) await node.drain(true);
    return { clock, network, node };
  }

  #observer(): DiskObserver {
    const { books } = this;
    const tell = (change: FileChange): void => this.#world.diskChanged(this.options.index, change);
    return {
      written: (path, bytes) => {
        books.set(path, bytes);
        tell({ kind: 'written', path, before: undefined, bytes });
      },
      moved: (from, to) => {
        const before = books.chunkAt(from);
        books.move(from, to);
        tell({ kind: 'moved', path: to, before, bytes: undefined });
      },
      removed: (path) => {
        const before = books.chunkAt(path);
        books.delete(path);
        tell({ kind: 'removed', path, before, bytes: undefined });
      },
    };
  }
}
