/** An owner who comes to the stage of the plays with a home, files and a machine, and works through the production code (S2). */

import { acceptInvitation } from '../../src/api/accept-invitation.ts';
import { openSession } from '../../src/api/open-session.ts';
import { createVault, recoverVault } from '../../src/api/open-vault.ts';
import { ticketOf } from '../../src/api/peer-ticket.ts';
import type { Surroundings } from '../../src/api/surroundings.ts';
import type { VaultHandle } from '../../src/api/vault-handle.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { machineTag, storagePeersKey } from '../../src/crypto/mesh-keys.ts';
import { keyOf } from '../../src/crypto/passphrase-box.ts';
import { bytesEqual } from '../../src/model/bytes.ts';
import type { Network } from '../../src/network/network.ts';
import type { NetworkOptions } from '../../src/network/network-options.ts';
import { startSimulatedNetwork } from '../../src/network/simulated-network.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { memorySource } from '../../src/simulation/memory-source.ts';
import { MemoryTarget } from '../../src/simulation/memory-target.ts';
import { type MemoryNode, type MemoryTree, timestampOf } from '../../src/simulation/memory-tree.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import type { Actor, Stage } from '../scenarios/stage.ts';

const CHEAP_BOX = { memoryKiB: 32, passes: 1, parallelism: 1 } as const;
const INVITATION = 'a passphrase of an invitation';
const ENTRY = { home: '/home/vault', passphrase: 'a passphrase of the stage' };

export class StagedOwner {
  readonly stage: Stage;
  readonly label: string;
  target: MemoryTarget | undefined;
  timeZone = 'UTC';
  /** False: the DHT names storage peers only, and nobody as a holder of a vault. */
  dhtNamesHolders = true;
  #tree: MemoryTree = new Map();
  readonly #disk: MemoryDisk;
  #visits = 0;
  #way: { readonly ticket: string; readonly words: string } | undefined;

  constructor(stage: Stage, label = 'owner') {
    this.stage = stage;
    this.label = label;
    this.#disk = new MemoryDisk({ now: () => stage.clock.now(), random: stage.random.fork(`disk ${label}`) });
  }

  /** What a peer on this owner's machine says of its machine. */
  get machine(): string {
    return machineTag(this.stage.meshSecret, this.label);
  }

  /** What the last restore brought. */
  get restored(): MemoryTree {
    return this.target?.tree ?? new Map();
  }

  get files(): MemoryTree {
    return this.#tree;
  }

  /** What a thief of this machine has, who knows its passphrase. */
  stolen(): Promise<VaultHome> {
    return this.stage.run(VaultHome.open(this.#disk, ENTRY.home, ENTRY.passphrase));
  }

  /** Has the files of another owner, as after a move to a new VAULT_HOME. */
  takeFiles(tree: MemoryTree): void {
    this.#tree = tree;
  }

  /** Makes the vault; `peers` are those in its ticket. */
  async create(peers: readonly Actor[]): Promise<void> {
    const { stage } = this;
    const [first, ...others] = peers;
    if (!first) throw new Error('a ticket names a peer');
    const more = others.flatMap(({ network }) => network.addresses());
    const ticket = ticketOf(stage.meshSecret, first.name, first.network.addresses(), more);
    const { vault, words } = await stage.run(createVault({ ...ENTRY, ticket }, this.surroundings()));
    await stage.run(vault.close());
    this.#way = { ticket, words };
  }

  /** The same owner at another machine, a new device of the vault. */
  async another(label: string): Promise<StagedOwner> {
    if (!this.#way) throw new Error('make the vault first');
    const other = new StagedOwner(this.stage, label);
    const vault = await this.stage.run(recoverVault({ ...ENTRY, ...this.#way }, other.surroundings()));
    await this.stage.run(vault.close());
    return other;
  }

  /** The invitation that this owner, who must be at a full device, writes for another machine. */
  async invite(name: string, role: 'append-only' | 'keeper', replaces?: string): Promise<string> {
    const wish = { name, role, passphrase: INVITATION, ...(replaces === undefined ? {} : { replaces }) };
    return (await this.visit((vault) => vault.inviteDevice(wish))).invitation;
  }

  /** Another machine takes an invitation. */
  async accept(invitation: string, label: string): Promise<StagedOwner> {
    const other = new StagedOwner(this.stage, label);
    const options = { ...ENTRY, invitation, invitationPassphrase: INVITATION };
    const vault = await this.stage.run(acceptInvitation(options, other.surroundings()));
    await this.stage.run(vault.close());
    return other;
  }

  async invited(name: string, role: 'append-only' | 'keeper'): Promise<StagedOwner> {
    return this.accept(await this.invite(name, role), name);
  }

  /** Opens the vault, works with it and leaves. */
  async visit<T>(work: (vault: VaultHandle) => Promise<T>): Promise<T> {
    const { stage } = this;
    const vault = await stage.run(openSession(ENTRY, this.surroundings()));
    try {
      return await stage.run(work(vault));
    } finally {
      await stage.run(vault.close());
    }
  }

  /** Writes new random files, and backs them up. */
  async backUp(files = 4, bytes = 20_000): Promise<void> {
    const random = this.stage.random.fork(`files ${this.#visits}`);
    const about = { mode: 0o644, mtime: timestampOf(this.stage.clock.now()) };
    const tree = new Map<string, MemoryNode>();
    tree.set('/data', { ...about, mode: 0o755, type: 'directory', inode: 1n });
    for (let i = 0; i < files; i++) {
      tree.set(`/data/${i}`, { ...about, type: 'file', bytes: random.bytes(bytes), inode: BigInt(i + 2) });
    }
    this.#tree = tree;
    await this.visit((vault) => vault.backup({ paths: ['/data'] }));
  }

  surroundings(): Surroundings {
    const { clock, random } = this.stage;
    const chance = random.fork(`${this.label} ${this.#visits++}`);
    return {
      clock,
      random: chance,
      disk: this.#disk,
      startNetwork: (options) => this.#start({ ...options, privateKeySeed: chance.bytes(32) }),
      openState: ({ vault, device, logKeys: { scope } }) =>
        VaultState.open(':memory:', { vault, device: device.id, ...(scope ? { scope } : {}) }),
      fileSource: () => memorySource(this.#tree),
      fileTarget: (_folder, keys) => {
        this.target = new MemoryTarget(keys);
        return this.target;
      },
      crew: inlineCrew,
      bundleBytes: 6000,
      fullBelowBytes: 64_000,
      deriveKey: keyOf,
      boxCost: CHEAP_BOX,
      hostName: () => this.label,
      userName: () => 'someone',
      machineId: () => this.label,
      timeZone: () => this.timeZone,
    };
  }

  async #start(options: NetworkOptions): Promise<Network> {
    const { hub, meshSecret } = this.stage;
    const network = await startSimulatedNetwork(hub, options);
    const find = network.find.bind(network);
    const hides = !this.dhtNamesHolders;
    const storagePeers = storagePeersKey(meshSecret);
    network.find = async function* (key, more) {
      if (!hides || bytesEqual(key, storagePeers)) yield* find(key, more);
    };
    return network;
  }
}
