/** One machine of the vault's owner: files, a home folder, books, and one process at a time that runs the production code. */

import { createVault, openVault, recoverVault } from '../api/open-vault.ts';
import type { Surroundings } from '../api/surroundings.ts';
import type { VaultHandle } from '../api/vault-handle.ts';
import { inlineCrew } from '../backup/inline-crew.ts';
import { keyOf } from '../crypto/passphrase-box.ts';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { startSimulatedNetwork } from '../network/simulated-network.ts';
import { MemoryDisk } from '../runtime/memory-disk.ts';
import type { SeededRandom } from '../runtime/seeded-random.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import { VaultState } from '../vault/vault-state.ts';
import type { DeviceHost } from './host.ts';
import { memorySource } from './memory-source.ts';
import { MemoryTarget } from './memory-target.ts';
import type { MemoryTree } from './memory-tree.ts';
import { ProcessClock, type WallClock } from './process-clock.ts';
import { WatchedDisk } from './watched-disk.ts';

const HOMES = '/home/vault';
const PASSPHRASE = 'a passphrase of the simulation';
/** Argon2's least: what guards real secrets would be most of a run's time. */
const CHEAP_BOX = { memoryKiB: 32, passes: 1, parallelism: 1 } as const;
const BUNDLE_BYTES: number = 6 * KiB;
const UNOBSERVED = { written: () => undefined, moved: () => undefined, removed: () => undefined };

export class Device {
  readonly index: number;
  readonly wall: WallClock = { offsetMs: 0 };
  /** The files of its user, now. */
  tree: MemoryTree = new Map();
  readonly #world: DeviceHost;
  readonly #random: SeededRandom;
  readonly #disk: MemoryDisk;
  #state: VaultState | undefined;
  #process: ProcessClock | undefined;
  #target: MemoryTarget | undefined;
  #lives = 0;
  #made = false;
  /** Homes it has had. */
  #homes = 1;
  #network: PeerName | undefined;
  #killed: (reason: Error) => void = () => undefined;
  /** One process at a time: what is asked meanwhile waits. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(world: DeviceHost, index: number) {
    this.#world = world;
    this.index = index;
    this.#random = world.random.fork(`device ${index}`);
    this.#disk = new MemoryDisk({ now: () => world.clock.now(), random: this.#random.fork('disk') });
  }

  get label(): string {
    return `device-${this.index}`;
  }

  /** It has a home: made or recovered. */
  get made(): boolean {
    return this.#made;
  }

  /** Another device has ended its log: what it acknowledges since then counts for nothing. */
  retired = false;

  /** A new device on the same machine, with the same files: the next thing it does is to recover. */
  startOver(): void {
    this.kill();
    this.loseBooks();
    this.#homes += 1;
    this.#made = false;
  }

  /** Its books, as its last process left them. */
  get state(): VaultState | undefined {
    return this.#state;
  }

  /** What the last restore brought. */
  get restored(): MemoryTree {
    return this.#target?.tree ?? new Map();
  }

  /** Makes the vault; its 24 words. */
  async create(): Promise<string> {
    const { vault, words } = await createVault(
      { ...this.#options(), ticket: this.#world.ticket() },
      this.#live(),
    );
    this.#made = true;
    await vault.close();
    this.#end();
    return words;
  }

  async recover(words: string): Promise<void> {
    const options = { ...this.#options(), ticket: this.#world.ticket(), words };
    const vault = await recoverVault(options, this.#live());
    this.#made = true;
    this.retired = false;
    await vault.close();
    this.#end();
  }

  /** Runs `work` with the opened vault in a process of its own, after what was asked before. */
  run<T>(work: (vault: VaultHandle) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const vault = await openVault(this.#options(), this.#live());
      try {
        return await work(vault);
      } finally {
        await vault.close();
        this.#end();
      }
    });
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      const death = new Promise<never>((_, reject) => {
        this.#killed = reject;
      });
      return Promise.race([work(), death]);
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** kill -9. False when nothing ran; else what was asked throws 'interrupted', and nothing of the process goes on. */
  kill(): boolean {
    if (!this.#process) return false;
    this.#end();
    this.#killed(new VaultError('interrupted', 'the process was killed'));
    return true;
  }

  /** The books are lost with their file: the next process reads everything from the holders again. */
  loseBooks(): void {
    this.#state?.close();
    this.#state = undefined;
  }

  #end(): void {
    const process = this.#process;
    this.#process = undefined;
    process?.kill();
    if (this.#network) this.#world.hub.kill(this.#network);
    this.#network = undefined;
  }

  #options() {
    return {
      home: `${HOMES}-${this.#homes}`,
      passphrase: PASSPHRASE,
      deviceName: this.label,
      onWarning: (message: string) => {
        this.#world.note(`${this.label} warns: ${message}`);
      },
    };
  }

  #live(): Surroundings {
    const world = this.#world;
    const clock = new ProcessClock(world.clock, this.wall);
    this.#process = clock;
    const random = this.#random.fork(`life ${this.#lives++}`);
    return {
      clock,
      random,
      disk: new WatchedDisk(this.#disk, clock, UNOBSERVED),
      startNetwork: async (options) => {
        const network = await startSimulatedNetwork(world.hub, {
          ...options,
          privateKeySeed: random.bytes(32),
        });
        this.#network = network.self;
        return network;
      },
      openState: (home) => this.#openState(home),
      fileSource: () => memorySource(this.tree),
      fileTarget: (_folder, keys) => {
        this.#target = new MemoryTarget(keys);
        return this.#target;
      },
      crew: inlineCrew,
      bundleBytes: BUNDLE_BYTES,
      fullBelowBytes: world.settings.fullBelowBytes,
      deriveKey: keyOf,
      boxCost: CHEAP_BOX,
      hostName: () => this.label,
      userName: () => 'someone',
      machineId: () => `machine of ${this.label}`,
      timeZone: () => 'UTC',
    };
  }

  /** Books in memory that outlive the process that opened them, as a file would. */
  #openState({ vault, device }: VaultHome): VaultState {
    this.#state ??= VaultState.open(':memory:', { vault, device: device.id });
    const state = this.#state;
    return new Proxy(state, {
      get: (target, name) => {
        if (name === 'close') return () => undefined;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}
