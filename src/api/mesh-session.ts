/** One vault's visit to its mesh: a client node, the vault's holders and table, and stores to write to and read from. */

import { sign } from '../crypto/ed25519.ts';
import { machineTag } from '../crypto/mesh-keys.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { encodeHolderTable, type HolderTable } from '../format/holder-table.ts';
import { decodeTicket } from '../format/ticket.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Network } from '../network/network.ts';
import { planAvoided } from '../policy/own-machines.ts';
import { type LeftOutPeer, type LeftOutReason, type Ranking, rankPeers } from '../policy/rank-peers.ts';
import { planTable } from '../policy/table-plan.ts';
import type { DeviceHello, RemotePeer } from '../protocol/remote-peer.ts';
import { Mesh } from '../replication/mesh.ts';
import { MeshLogExchange } from '../replication/mesh-log-exchange.ts';
import { MeshStore } from '../replication/mesh-store.ts';
import type { SpreadWish } from '../replication/relays.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { VaultDevice } from '../vault/device.ts';
import { VaultHome } from '../vault/vault-home.ts';
import { askHolders, type HolderView, lostMembers } from './ask-holders.ts';
import { helloOf } from './device-hello.ts';
import { type KnownPeers, readKnownPeers, writeKnownPeers } from './known-peers.ts';
import { KnownRecruits } from './known-recruits.ts';
import { programVersion } from './program-version.ts';
import { startClient } from './start-client.ts';
import type { Surroundings } from './surroundings.ts';
import { newerTable, readTableFile, type SignedTable, tableOf, writeTableFile } from './table-file.ts';
import type { TransferLimits } from './vault-handle.ts';

type VisitKeys = Pick<VaultKeys, 'vault' | 'signPrivate'>;

export interface MeshSessionOptions {
  readonly surroundings: Surroundings;
  /** Folder of the vault, for addresses and the table of the last visit; absent while there is none. */
  readonly home?: string;
  /** The vault's name, and on a full device the key that signs its holder table. */
  readonly keys: VisitKeys;
  /** Absent: reading only. */
  readonly device?: VaultDevice;
  readonly ticket: string;
  readonly limits?: TransferLimits;
  readonly onDetail?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Reading logs and tables waits this long for slow holders once one has answered; a stopped one must not cost more. */
const PATIENCE_MS = 2500;
const NAME_TAIL = 8;

export class MeshSession {
  readonly mesh: Mesh;
  readonly exchange: MeshLogExchange;
  readonly machine: string;
  readonly #options: MeshSessionOptions;
  readonly #network: Network;
  readonly #hello: DeviceHello | undefined;
  readonly #stores: MeshStore[] = [];
  /** Whom the DHT, or a search of all peers, named as holders. */
  #named: readonly PeerName[] = [];
  readonly #recruits: KnownRecruits;
  #signed: SignedTable | undefined;
  #ranking: Ranking | undefined;
  readonly #names = new Map<PeerName, string>();
  readonly #leaving = new AbortController();
  #learning: Promise<unknown> = Promise.resolve();

  private constructor(options: MeshSessionOptions, network: Network, mesh: Mesh, meshSecret: Uint8Array) {
    this.#options = options;
    this.#network = network;
    this.mesh = mesh;
    this.machine = machineTag(meshSecret, options.surroundings.machineId());
    const { device, keys } = options;
    this.#recruits = new KnownRecruits(keys.vault);
    this.#hello = device && helloOf(device, keys.vault, options.surroundings.random);
    this.exchange = new MeshLogExchange({
      vault: keys.vault,
      holders: () => this.holders().map((peer) => this.#remote(peer)),
      clock: options.surroundings.clock,
      patienceMs: PATIENCE_MS,
      outlook: {
        isConnected: (peer) => network.connected().includes(peer),
        isResting: (peer) => this.#stores.some((store) => store.isResting(peer)),
      },
    });
  }

  /** Throws 'bad-ticket', 'foreign-mesh', 'unavailable' (nobody answers). */
  static async join(options: MeshSessionOptions): Promise<MeshSession> {
    const { clock, disk } = options.surroundings;
    const ticket = decodeTicket(options.ticket);
    const known = options.home === undefined ? undefined : await readKnownPeers(options.home, disk);
    const bootstrap = [...new Set([...ticket.addresses, ...(known?.addresses ?? [])])];
    const network = await startClient(ticket.secret, bootstrap, options);
    try {
      const wait = waitOf(options.signal);
      const mesh = await Mesh.join({ network, meshSecret: ticket.secret, bootstrap, clock }, wait);
      const session = new MeshSession(options, network, mesh, ticket.secret);
      for (const [peer, name] of known?.names ?? []) session.#names.set(peer, name);
      await session.#meetHolders(wait);
      return session;
    } catch (error) {
      await network.stop();
      throw error;
    }
  }

  /** Members of the table, their recruits, and whoever else is known to hold something of this vault. */
  holders(): readonly PeerName[] {
    const members = this.table?.members.map(({ peer }) => peer) ?? [];
    return [...new Set([...members, ...this.#others()])];
  }

  /** Whom the owner or a member has made a holder: others may say what they like. Without a table whoever there is. */
  appointed(): readonly PeerName[] {
    const { table } = this;
    if (!table) return this.holders();
    return [...new Set([...table.members.map(({ peer }) => peer), ...this.#recruits.peers(table)])];
  }

  #others(): readonly PeerName[] {
    return [...this.#recruits.peers(this.table), ...this.#named].filter(
      (peer) => peer !== this.#network.self,
    );
  }

  get table(): HolderTable | undefined {
    return this.#signed?.table;
  }

  /** A table from elsewhere (an export) counts when it is newer than what holders showed. */
  learnTable(bytes: Uint8Array | undefined): void {
    this.#signed = newerTable(this.#signed, tableOf(bytes, this.#options.keys.vault));
  }

  /** All storage peers, ranked (P1); asks them now. */
  async rank(wait: WaitOptions = {}): Promise<Ranking> {
    const facts = await this.mesh.survey({ ...wait, also: this.holders() });
    const { fullBelowBytes } = this.#options.surroundings;
    this.#ranking = rankPeers(facts, {
      machine: this.machine,
      version: programVersion(),
      ...(fullBelowBytes === undefined ? {} : { fullBelowBytes }),
    });
    return this.#ranking;
  }

  /**
   * A holder table with every usable peer in it, written to its members when it changed. Members in `lost` leave it, and those that do
   * not answer while most holders call them lost too (R1). Throws 'too-few-peers', 'denied'.
   */
  async planHolders(
    copies: number,
    wait: WaitOptions = {},
    lost: ReadonlySet<PeerName> = new Set(),
  ): Promise<Ranking> {
    const ranking = await this.rank(wait);
    if (ranking.ranked.length === 0) throw nobodyToStore(ranking.leftOut);
    const silent = new Set(this.#leftOut('unreachable'));
    const away = this.table?.members.filter(({ peer }) => silent.has(peer)).map(({ peer }) => peer) ?? [];
    const given = away.length === 0 ? [] : lostMembers(away, await this.askHolders(wait));
    const gone = new Set([...lost, ...given]);
    const next = this.#planTable(ranking, copies, gone);
    if (next) await this.#adopt(next, wait);
    else if (this.#signed) await this.exchange.writeTable(this.#signed.bytes, wait);
    return ranking;
  }

  /** The owner's machines, this one included, whose peers holders shall not recruit (P2). */
  #avoided(ranking: Ranking, gone: ReadonlySet<PeerName>): readonly string[] {
    const { avoid = [], members = [] } = this.table ?? {};
    const staying = members.filter(({ peer }) => !gone.has(peer));
    return planAvoided({ known: avoid, machine: this.machine, ranking, members: staying });
  }

  /** What each holder that answers says of the others and of its own copies (R1, R2). */
  askHolders(wait: WaitOptions = {}): Promise<readonly HolderView[]> {
    const silent = new Set(this.#leftOut('unreachable'));
    const peers = this.appointed().filter((peer) => !silent.has(peer));
    return askHolders(
      peers.map((peer) => this.#remote(peer)),
      wait,
    );
  }

  /**
   * Writes to the table's members, except those on this machine, unless it is a trial mesh (P2), and those in `unsound`, as long as the
   * others are enough. Call `planHolders` before.
   */
  writingStore(unsound: ReadonlySet<PeerName> = new Set(), spread: SpreadWish = 'direct'): MeshStore {
    const { table } = this;
    const here = new Set(this.#leftOut('this-machine'));
    const unusable = new Set([...here, ...unsound, ...this.#leftOut('unreachable')]);
    const usable = (table?.members ?? []).filter(({ peer }) => !unusable.has(peer));
    return this.#open(usable.length >= (table?.copies ?? 1) ? new Set([...here, ...unsound]) : here, spread);
  }

  /** Learns who holds this vault now, for a visit that lasts. When nobody answers, what was known stays. */
  async meetAgain(wait: WaitOptions = {}): Promise<void> {
    await this.#readTable(wait);
  }

  readingStore(): MeshStore {
    return this.#open(new Set());
  }

  /** Whom the last ranking left out for this reason; nobody before the first one. */
  #leftOut(why: LeftOutReason): readonly PeerName[] {
    const leftOut = this.#ranking?.leftOut ?? [];
    return leftOut.filter(({ reason }) => reason === why).map(({ facts }) => facts.peer);
  }

  /** Round trips as the last ranking measured them. */
  #latencies(): ReadonlyMap<PeerName, number> {
    const ranked = this.#ranking?.ranked ?? [];
    return new Map(
      ranked.flatMap(({ facts: { peer, latencyMs } }) =>
        latencyMs === undefined ? [] : [[peer, latencyMs]],
      ),
    );
  }

  /** What people call a peer; the end of its id when it has not told. */
  nameOf(peer: PeerName): string {
    return this.mesh.advertOf(peer)?.name || this.#names.get(peer) || `..${peer.slice(-NAME_TAIL)}`;
  }

  remoteOf(peer: PeerName): RemotePeer {
    return this.#remote(peer);
  }

  async close(): Promise<void> {
    this.#leaving.abort(new VaultError('closed', 'the mesh was left'));
    await this.#learning;
    await this.#remember();
    await Promise.all(this.#stores.map((store) => store.close()));
    await this.mesh.close();
    await this.#network.stop();
  }

  #remote(peer: PeerName): RemotePeer {
    return this.mesh.remote(peer, this.#options.keys.vault, this.#hello);
  }

  #open(avoid: ReadonlySet<PeerName>, spread: SpreadWish = 'direct'): MeshStore {
    const none: HolderTable = { vault: this.#options.keys.vault, version: 1, copies: 1, members: [] };
    const store = new MeshStore({
      vault: this.#options.keys.vault,
      table: this.table ?? none,
      remote: (peer) => this.#remote(peer),
      clock: this.#options.surroundings.clock,
      avoid,
      silent: new Set(this.#leftOut('unreachable')),
      others: this.#others(),
      spread,
      latencyMs: this.#latencies(),
    });
    this.#stores.push(store);
    return store;
  }

  /**
   * Who holds this vault: the table of the last visit, the DHT, and, when none of them is there, everybody is asked. Members of a
   * known table that answer are enough to begin with; what the DHT adds comes when it comes (a stopped peer delays it by seconds).
   */
  async #meetHolders(wait: WaitOptions): Promise<void> {
    const { home, keys, surroundings } = this.#options;
    this.#signed = home === undefined ? undefined : await readTableFile(surroundings.disk, home, keys.vault);
    const search = this.#searchHolders(wait);
    search.catch(() => undefined); // not needed when the members answer; awaited below when it is
    const known = this.table !== undefined && (await this.#readTable(wait));
    if (known) return;
    await search;
    if (await this.#readTable(wait)) return;
    const facts = await this.mesh.survey(wait);
    this.#named = facts.filter(({ reachable }) => reachable).map(({ peer }) => peer);
    await this.#readTable(wait);
  }

  async #searchHolders({ signal }: WaitOptions): Promise<void> {
    const signals = [this.#leaving.signal, ...(signal ? [signal] : [])];
    const search = this.mesh.holdersOf(this.#options.keys.vault, { signal: AbortSignal.any(signals) });
    this.#learning = Promise.allSettled([this.#learning, search]);
    this.#named = await search;
  }

  /** False when no known holder answered. */
  async #readTable(wait: WaitOptions): Promise<boolean> {
    if (this.holders().length === 0) return false;
    const { keys } = this.#options;
    const learning = this.#learnRecruits(wait);
    learning.catch(() => undefined); // awaited below
    try {
      const shown = tableOf(await this.exchange.readTable(wait), keys.vault);
      await learning;
      const newest = newerTable(this.#signed, shown);
      this.#signed = newest;
      return shown !== undefined;
    } catch (error) {
      if (isVaultError(error, 'unavailable', 'too-few-peers')) return false;
      throw error;
    }
  }

  /** Beside the table; holders that do not tell are no fault: the DHT may name the recruits too. */
  async #learnRecruits(wait: WaitOptions): Promise<void> {
    try {
      this.#recruits.learn(await this.exchange.readRecruits(wait));
    } catch (error) {
      if (!isVaultError(error, 'unavailable', 'too-few-peers')) throw error;
    }
  }

  /**
   * `undefined` when the table may stay. A device that may not sign one works with the newest that an owner's device has signed. Throws
   * 'denied' when there is none.
   */
  #planTable(ranking: Ranking, copies: number, gone: ReadonlySet<PeerName>): SignedTable | undefined {
    const { vault, signPrivate } = this.#options.keys;
    if (!signPrivate) {
      if (this.table) return undefined;
      throw new VaultError('denied', 'this vault has no holders yet, and this device may not choose them', {
        hint: 'Back up from a full device first.',
      });
    }
    const next = planTable(this.table, ranking.ranked, copies, gone, this.#avoided(ranking, gone));
    if (next === this.table) return undefined;
    const table: HolderTable = { ...next, vault };
    return { table, bytes: encodeHolderTable(table, (message) => sign(signPrivate, message)) };
  }

  async #adopt(signed: SignedTable, wait: WaitOptions): Promise<void> {
    this.#signed = signed;
    const written = await this.exchange.writeTable(signed.bytes, wait);
    if (written.length === 0) {
      throw new VaultError('too-few-peers', 'no peer took the holder table, so nothing was stored');
    }
    const { home, surroundings } = this.#options;
    if (home !== undefined) await writeTableFile(surroundings.disk, home, signed);
  }

  /** Asks holders without a known name for it, beside the real work; not to be told is no fault. */
  learnNames(): void {
    const nameless = this.holders().filter((peer) => !this.#names.has(peer) && !this.mesh.advertOf(peer));
    const signal = this.#leaving.signal;
    const ask = async (peer: PeerName): Promise<void> => {
      const { name } = await this.#remote(peer).info({ signal });
      this.#names.set(peer, name);
    };
    this.#learning = Promise.allSettled([this.#learning, ...nameless.map(ask)]);
  }

  /** For the next visit; nothing when no vault came of this one. */
  async #remember(): Promise<void> {
    const { home, surroundings } = this.#options;
    const { disk } = surroundings;
    if (home === undefined || !(await VaultHome.exists(disk, home))) return;
    if (this.#signed) await writeTableFile(disk, home, this.#signed);
    const met = new Set([...this.holders(), ...this.#network.connected()]);
    const known = await this.#network.known();
    const addresses = known
      .filter(({ peer }) => met.has(peer))
      .flatMap(({ addresses: all }) => all.slice(0, 4));
    for (const peer of met) {
      const name = this.mesh.advertOf(peer)?.name;
      if (name) this.#names.set(peer, name);
    }
    const remembered: KnownPeers = { addresses, names: this.#names };
    if (addresses.length > 0) await writeKnownPeers(home, remembered, disk);
  }
}

function waitOf(signal: AbortSignal | undefined): WaitOptions {
  return signal ? { signal } : {};
}

function nobodyToStore(leftOut: readonly LeftOutPeer[]): VaultError {
  const full = leftOut.length > 0 && leftOut.every(({ reason }) => reason === 'full');
  if (full) return new VaultError('no-space', `all ${leftOut.length} peers are full; nothing was stored`);
  return new VaultError(
    'too-few-peers',
    `none of ${leftOut.length} known peers can take data; nothing was stored`,
  );
}
