/** The lines of upkeep to other peers: opened when needed, few per peer, and a note of everybody who was heard (R1). */
import { isVaultError, type VaultError } from '../model/errors.ts';
import { idText, type PeerName, type VaultId } from '../model/ids.ts';
import type { Network } from '../network/network.ts';
import { RemotePeer } from '../protocol/remote-peer.ts';
import type { Clock } from '../runtime/clock.ts';

/** A peer serves 32 streams to one other; each line is up to two, and the owner of a vault may run here too. */
const IDLE_LINES_PER_PEER = 4;
const STALL_MS = 10_000;

interface Line {
  readonly remote: RemotePeer;
  users: number;
}

/** `answered`: it gave an answer, be it a refusal. `silent`: nothing came. */
export type Asked<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'refused' | 'silent'; readonly error: VaultError };

export class Contacts {
  readonly #network: Network;
  readonly #clock: Clock;
  /** Per peer and vault; the most recently used last. */
  readonly #lines = new Map<PeerName, Map<string, Line>>();
  readonly #closing = new Set<Promise<void>>();
  #heard = new Set<PeerName>();

  constructor(network: Network, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
  }

  heard(peer: PeerName): void {
    this.#heard.add(peer);
  }

  /** Who was heard since the last call. */
  takeHeard(): ReadonlySet<PeerName> {
    const heard = this.#heard;
    this.#heard = new Set();
    return heard;
  }

  /** Asks one peer; what fails there is a value. Rejects with the signal's reason, and with errors that are no peer's. */
  async ask<T>(
    peer: PeerName,
    vault: VaultId,
    question: (remote: RemotePeer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<Asked<T>> {
    signal.throwIfAborted();
    const line = this.#take(peer, vault);
    try {
      const value = await question(line.remote);
      this.#heard.add(peer);
      return { kind: 'answer', value };
    } catch (error) {
      signal.throwIfAborted();
      if (!isVaultError(error)) throw error;
      const silent = isVaultError(error, 'unavailable', 'timeout', 'closed', 'foreign-mesh');
      if (!silent) this.#heard.add(peer);
      return { kind: silent ? 'silent' : 'refused', error };
    } finally {
      line.users -= 1;
      this.#thin(peer, IDLE_LINES_PER_PEER);
    }
  }

  /** Lets go of idle lines to anybody else: to strangers that were asked once. */
  keepOnly(peers: readonly PeerName[]): void {
    const kept = new Set(peers);
    for (const peer of this.#lines.keys()) if (!kept.has(peer)) this.#thin(peer, 0);
  }

  async close(): Promise<void> {
    const lines = [...this.#lines.values()].flatMap((ofPeer) => [...ofPeer.values()]);
    this.#lines.clear();
    await Promise.all([...lines.map(({ remote }) => remote.close()), ...this.#closing]);
  }

  #take(peer: PeerName, vault: VaultId): Line {
    const ofPeer = this.#lines.get(peer) ?? new Map<string, Line>();
    this.#lines.set(peer, ofPeer);
    const key = idText(vault);
    const known = ofPeer.get(key);
    const line = known ?? { remote: this.#open(peer, vault), users: 0 };
    ofPeer.delete(key);
    ofPeer.set(key, line);
    line.users += 1;
    return line;
  }

  #open(peer: PeerName, vault: VaultId): RemotePeer {
    return new RemotePeer({
      network: this.#network,
      peer,
      vault,
      clock: this.#clock,
      stallMs: STALL_MS,
    });
  }

  #thin(peer: PeerName, most: number): void {
    const ofPeer = this.#lines.get(peer);
    for (const [key, line] of ofPeer ?? []) {
      if (!ofPeer || ofPeer.size <= most) break;
      if (line.users > 0) continue;
      ofPeer.delete(key);
      const closing = line.remote.close().finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
    if (ofPeer?.size === 0) this.#lines.delete(peer);
  }
}
