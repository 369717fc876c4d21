/** The mesh as one node sees it: who stores, who holds a given vault, and a line to each of them (M3, M4). */
import { storagePeersKey, vaultHoldersKey } from '../crypto/mesh-keys.ts';
import type { Advert } from '../format/advert.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { idText, KEY_BYTES, type PeerName, type VaultId } from '../model/ids.ts';
import type { Network } from '../network/network.ts';
import type { PeerFacts } from '../policy/rank-peers.ts';
import { type DeviceHello, RemotePeer } from '../protocol/remote-peer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { Absentees } from './absentees.ts';
import { collect } from './collect.ts';
import { factsOf, factsOfSilent, inspectPeer } from './inspect-peer.ts';

export interface MeshOptions {
  readonly network: Network;
  readonly meshSecret: Uint8Array;
  /** Full addresses of some peers, from the ticket or remembered. */
  readonly bootstrap: readonly string[];
  readonly clock: Clock;
  /** How long a peer may move no byte while we wait for it. */
  readonly stallMs?: number;
  /** How long all of `bootstrap` together may take. */
  readonly joinMs?: number;
}

export interface SurveyOptions extends WaitOptions {
  /** Members of the vault's table: reported also when neither the DHT nor they themselves speak up. */
  readonly also?: readonly PeerName[];
  /** How long the search may bring nothing new. */
  readonly settleMs?: number;
  /** How long one peer may take to answer. */
  readonly inspectMs?: number;
}

const STALL_MS = 10_000;
const JOIN_MS = 15_000;
const SETTLE_MS = 1_000;
const FIRST_RESULT_MS = 5_000;
const INSPECT_MS = 5_000;
/** For this long after a join its dials may still be under way. */
const JOIN_DIALS_MS = 10_000;
/** Adverts and pings belong to no vault. */
const NO_VAULT: VaultId = new Uint8Array(KEY_BYTES);

export class Mesh {
  readonly network: Network;
  readonly #options: MeshOptions;
  readonly #remotes = new Map<string, RemotePeer>();
  readonly #adverts = new Map<PeerName, Advert>();
  readonly #closer = new AbortController();
  /** Peers that are being dialled since the join. */
  #dialled: ReadonlySet<PeerName> = new Set();
  #joinedMs = 0;

  private constructor(options: MeshOptions) {
    this.network = options.network;
    this.#options = options;
  }

  /**
   * Resolves when one peer is connected; the others are still being dialled then. Throws 'foreign-mesh' (a peer refused the
   * handshake), 'unavailable' (nobody answers, or nobody of this version). The network stays the caller's, who stops it after `close`.
   */
  static async join(options: MeshOptions, { signal }: WaitOptions = {}): Promise<Mesh> {
    const mesh = new Mesh(options);
    try {
      await mesh.#connect(signal);
      return mesh;
    } catch (error) {
      await mesh.close();
      throw error;
    }
  }

  /**
   * Every storage peer of the mesh: those the DHT names, those we are connected to or know, and `also`. All are asked at once;
   * who does not answer is in the list as unreachable, with what it said last.
   */
  async survey(options: SurveyOptions = {}): Promise<readonly PeerFacts[]> {
    const asked = new Map<PeerName, Promise<PeerFacts>>();
    const expected = new Set<PeerName>(options.also);
    const absentees = this.#absentees();
    const ask = (peer: PeerName): void => {
      if (peer === this.network.self || asked.has(peer)) return;
      asked.set(peer, this.#inspect(peer, options, absentees));
    };
    for (const peer of expected) ask(peer);
    for (const peer of this.network.connected()) ask(peer);
    for (const { peer } of await this.network.known()) ask(peer);
    const search = this.#find(storagePeersKey(this.#options.meshSecret), options, (peer) => {
      expected.add(peer);
      ask(peer);
    });
    await search.finally(() => Promise.allSettled(asked.values()));
    const facts = await Promise.all(asked.values());
    options.signal?.throwIfAborted();
    return facts.filter(({ peer, reachable }) => reachable || expected.has(peer) || this.#adverts.has(peer));
  }

  /** Peers that say in the DHT that they hold this vault; they may be gone, and others may hold it too. */
  async holdersOf(vault: VaultId, options: SurveyOptions = {}): Promise<readonly PeerName[]> {
    const holders = new Set<PeerName>();
    await this.#find(vaultHoldersKey(this.#options.meshSecret, vault), options, (peer) => holders.add(peer));
    holders.delete(this.network.self);
    return [...holders];
  }

  /** The line to one peer about one vault: the same object for the same question, closed by `close`. Without `hello`: reading only. */
  remote(peer: PeerName, vault: VaultId, hello?: DeviceHello): RemotePeer {
    const key = `${peer} ${idText(vault)} ${hello ? 'writing' : 'reading'}`;
    const known = this.#remotes.get(key);
    if (known) return known;
    const remote = this.#open(peer, vault, hello);
    this.#remotes.set(key, remote);
    return remote;
  }

  /** What a peer said of itself when it last answered a survey. */
  advertOf(peer: PeerName): Advert | undefined {
    return this.#adverts.get(peer);
  }

  async close(): Promise<void> {
    this.#closer.abort(new VaultError('closed', 'the mesh was left'));
    await Promise.all([...this.#remotes.values()].map((remote) => remote.close()));
  }

  #open(peer: PeerName, vault: VaultId, hello?: DeviceHello): RemotePeer {
    const { network, clock, stallMs = STALL_MS } = this.#options;
    return new RemotePeer({ network, peer, vault, hello, clock, stallMs });
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    const { network, bootstrap, clock, joinMs = JOIN_MS } = this.#options;
    const addresses = bootstrap.filter((address) => !address.endsWith(`/p2p/${network.self}`));
    const known = (await network.known()).map(({ peer }) => peer);
    const targets = [...new Set([...addresses, ...known])].filter((target) => target !== network.self);
    this.#dialled = new Set(targets.map((target) => target.slice(target.lastIndexOf('/') + 1)));
    this.#joinedMs = clock.monotonicMs();
    const timer = new AbortController();
    const late = new VaultError('timeout', `no answer within ${joinMs / 1000} s`);
    const cancel = clock.schedule(joinMs, () => timer.abort(late));
    const signals = [this.#closer.signal, timer.signal, ...(signal ? [signal] : [])];
    try {
      const all = AbortSignal.any(signals);
      await Promise.any(targets.map((target) => network.connect(target, { signal: all })));
    } catch (error) {
      signal?.throwIfAborted();
      if (network.connected().length === 0) throw nobody(targets.length, error);
    } finally {
      cancel();
    }
  }

  async #find(key: Uint8Array, options: SurveyOptions, found: (peer: PeerName) => void): Promise<void> {
    const { clock } = this.#options;
    const { signal, settleMs = SETTLE_MS } = options;
    const search = (stop: AbortSignal): AsyncIterable<PeerName> => this.network.find(key, { signal: stop });
    await collect(search, found, { clock, settleMs, firstMs: FIRST_RESULT_MS, signal });
  }

  /** Soon after the join the dials of the join count; later on a peer is dialled when it is asked. */
  #absentees(): Absentees {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const joinCounts = nowMs - this.#joinedMs < JOIN_DIALS_MS;
    return new Absentees({
      clock,
      isConnected: (peer) => this.network.connected().includes(peer),
      dialledMs: (peer) => (joinCounts && this.#dialled.has(peer) ? this.#joinedMs : clock.monotonicMs()),
    });
  }

  /** Not to answer, or to answer with a forged advert, is a fact like others. */
  async #inspect(peer: PeerName, options: SurveyOptions, absentees: Absentees): Promise<PeerFacts> {
    const { inspectMs = INSPECT_MS, signal } = options;
    const timer = new AbortController();
    const late = new VaultError('timeout', `peer ${peer} did not answer within ${inspectMs / 1000} s`);
    const giveUp = (): void => timer.abort(late);
    const cancel = this.#options.clock.schedule(inspectMs, giveUp);
    const asked = absentees.asked(peer, giveUp);
    const all = AbortSignal.any([this.#closer.signal, timer.signal, ...(signal ? [signal] : [])]);
    const remote = this.#open(peer, NO_VAULT);
    try {
      const inspection = await inspectPeer(remote, all);
      this.#adverts.set(peer, inspection.advert);
      asked.answered();
      return factsOf(inspection);
    } catch (error) {
      if (!isVaultError(error) && !all.aborted) throw error;
      return factsOfSilent(peer, this.#adverts.get(peer));
    } finally {
      cancel();
      asked.ended();
      await remote.close();
    }
  }
}

function nobody(tried: number, cause: unknown): VaultError {
  const errors: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  const foreign = errors.find((error) => isVaultError(error, 'foreign-mesh'));
  if (isVaultError(foreign)) return foreign;
  const telling = errors.find((error) => isVaultError(error, 'unavailable') && error.hint !== undefined);
  if (isVaultError(telling)) return telling;
  return new VaultError('unavailable', `none of the ${tried} known addresses of the mesh answers`, {
    cause: errors[0],
    hint: 'Check that a peer of the mesh is running and that the ticket names an address which can be reached from here.',
  });
}
