/** The world of simulated nodes: who can reach whom, how fast, and what is broken at the moment (S2). */
import { toHex } from '../model/bytes.ts';
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { SeededRandom } from '../runtime/seeded-random.ts';
import type { RedialOptions } from './redial-loop.ts';
import type { Wire } from './simulated-stream.ts';

/** What the hub and other nodes see of a node. */
export interface HubNode {
  readonly name: PeerName;
  readonly prologue: Uint8Array;
  readonly mode: 'server' | 'client';
  readonly listening: boolean;
  /** Peers this node has a connection to. */
  connected(): readonly PeerName[];
  /** The other side opened, or closed, a connection. */
  linked(peer: PeerName): void;
  unlinked(peer: PeerName, reason: Error): void;
  /** The process is gone: nothing of it runs on. */
  halt(): void;
}

export interface HubOptions {
  readonly clock: Clock;
  readonly random?: SeededRandom;
  readonly latencyMs?: number;
  /** How eagerly servers look for peers they lost; default as in production. */
  readonly redial?: Partial<Pick<RedialOptions, 'tickMs' | 'maxDelayMs'>>;
}

/** How long a provider record of a node that went away is still found: kad-dht keeps them for a day. */
const RECORD_MS = 24 * 3_600_000;
const RETRANSMIT_MS = 200;
/** After a process dies, its machine resets the connections at once. */
const DEATH_NOTICED_MS = 15;

export class SimulatedHub {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** One-way latency in milliseconds; replace to shape the network. */
  latencyMs: (from: PeerName, to: PeerName) => number;
  /** Share of messages that are lost once and sent again, which delays them. */
  lossShare = 0;
  /** Beside single cuts: nothing travels from `from` to `to` while it says so. */
  blocked: (from: PeerName, to: PeerName) => boolean = () => false;
  /** Told of all bytes that are put on a wire. */
  onBytes: (from: PeerName, to: PeerName, bytes: number) => void = () => undefined;
  readonly redial: Partial<Pick<RedialOptions, 'tickMs' | 'maxDelayMs'>>;
  /** Bytes per second of one direction between two nodes. */
  bytesPerSecond: (from: PeerName, to: PeerName) => number = () => Number.POSITIVE_INFINITY;
  /** Bytes per second of all that one node sends. */
  uplinkBytesPerSecond: (from: PeerName) => number = () => Number.POSITIVE_INFINITY;
  readonly #nodes = new Map<PeerName, HubNode>();
  readonly #cuts = new Set<string>();
  /** Per DHT key: who provides it, and until when if it no longer does. */
  readonly #records = new Map<string, Map<PeerName, number>>();
  readonly #busyUntilMs = new Map<string, number>();

  constructor(options: HubOptions) {
    const latencyMs = options.latencyMs ?? 1;
    this.clock = options.clock;
    this.random = options.random ?? new SeededRandom('hub');
    this.latencyMs = () => latencyMs;
    this.redial = options.redial ?? {};
  }

  add(node: HubNode): void {
    this.#nodes.set(node.name, node);
  }

  node(name: PeerName): HubNode | undefined {
    return this.#nodes.get(name);
  }

  /** The node is gone, as after kill -9: its connections break, nothing is said in parting. */
  kill(name: PeerName): void {
    const node = this.#nodes.get(name);
    this.#nodes.delete(name);
    node?.halt();
    for (const peer of node?.connected() ?? []) {
      node?.unlinked(peer, new Error('this node was killed'));
      const tell = (): void => this.#nodes.get(peer)?.unlinked(name, new Error(`${name} disappeared`));
      this.clock.schedule(DEATH_NOTICED_MS, tell);
    }
  }

  /** Nothing travels from `from` to `to` until `heal`; connections of a cut that lasts break after a while. */
  cut(from: PeerName, to: PeerName): void {
    this.#cuts.add(`${from}>${to}`);
  }

  /** Cuts both ways between `name` and everyone else. */
  isolate(name: PeerName): void {
    for (const other of this.#nodes.keys()) {
      if (other === name) continue;
      this.cut(name, other);
      this.cut(other, name);
    }
  }

  /** Ends one cut. */
  mend(from: PeerName, to: PeerName): void {
    this.#cuts.delete(`${from}>${to}`);
  }

  /** Breaks the connection between two nodes, if there is one: answers that were under way never come. */
  reset(a: PeerName, b: PeerName): void {
    this.#nodes.get(a)?.unlinked(b, new Error('the connection was reset'));
    this.#nodes.get(b)?.unlinked(a, new Error('the connection was reset'));
  }

  heal(): void {
    this.#cuts.clear();
  }

  isCut(from: PeerName, to: PeerName): boolean {
    return (this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`)) || this.blocked(from, to);
  }

  wire(from: PeerName, to: PeerName, giveUp: () => void): Wire {
    const { clock, random } = this;
    return { clock, random, giveUp, delayMs: (bytes) => this.delayMs(from, to, bytes) };
  }

  delayMs(from: PeerName, to: PeerName, bytes: number): number | undefined {
    if (this.isCut(from, to)) return undefined;
    if (bytes > 0) this.onBytes(from, to, bytes);
    const lost = this.lossShare > 0 && this.random.fraction() < this.lossShare;
    const rate = this.bytesPerSecond(from, to);
    const uplink = this.uplinkBytesPerSecond(from);
    return (
      this.latencyMs(from, to) +
      (lost ? RETRANSMIT_MS : 0) +
      (rate < Infinity ? this.#queueMs(`${from}>${to}`, bytes / rate) : 0) +
      (uplink < Infinity ? this.#queueMs(from, bytes / uplink) : 0)
    );
  }

  announce(key: Uint8Array, name: PeerName): void {
    const providers = this.#records.get(toHex(key)) ?? new Map<PeerName, number>();
    this.#records.set(toHex(key), providers.set(name, Number.POSITIVE_INFINITY));
  }

  /** The record stays, as in a real DHT, until it expires. */
  withdraw(key: Uint8Array, name: PeerName): void {
    const providers = this.#records.get(toHex(key));
    if (providers?.has(name)) providers.set(name, this.clock.monotonicMs() + RECORD_MS);
  }

  /** Providers a node can learn of: nothing without a connection; then all that announce, or did within a day. */
  providers(key: Uint8Array, asker: HubNode): readonly PeerName[] {
    const records = [...(this.#records.get(toHex(key)) ?? [])];
    const live = records.filter(([, untilMs]) => untilMs > this.clock.monotonicMs()).map(([name]) => name);
    const reachable = this.#component(asker);
    if (reachable.size <= 1) return live.filter((name) => name === asker.name);
    return live.filter((name) => reachable.has(name) || !this.#nodes.has(name));
  }

  /** That the asker's part of the mesh knows where a listening peer is. */
  reaches(asker: HubNode, peer: PeerName): boolean {
    return this.#nodes.get(peer)?.listening === true && this.#component(asker).has(peer);
  }

  /** Nodes with a chain of working connections to `start`, itself among them. */
  #component(start: HubNode): Set<PeerName> {
    const seen = new Set<PeerName>([start.name]);
    for (const name of seen) {
      for (const peer of this.#nodes.get(name)?.connected() ?? []) {
        if (!this.isCut(name, peer) && !this.isCut(peer, name)) seen.add(peer);
      }
    }
    return seen;
  }

  #queueMs(line: string, seconds: number): number {
    const now = this.clock.monotonicMs();
    const freeAtMs = Math.max(now, this.#busyUntilMs.get(line) ?? 0) + seconds * 1000;
    this.#busyUntilMs.set(line, freeAtMs);
    return freeAtMs - now;
  }
}
