/** What the product needs of a network: authenticated peers, byte streams with backpressure, and a DHT of peers (M1-M3). */
import type { PeerName } from '../model/ids.ts';

/**
 * A two-way byte stream between two peers. Real libp2p streams and simulated ones look the same.
 * Data arrives through the one handler given to `receive`; while its promise is pending no more data is read, which slows the
 * sender down (backpressure, T4).
 */
export interface ByteStream {
  readonly remote: PeerName;
  readonly protocol: string;
  /** What is worth sending at once, where less than usual is: a slow stream's progress must be seen. */
  readonly sliceBytes?: number;
  /** Bytes of what was sent that this process still refers to; absent where that cannot be known. */
  readonly queuedBytes?: number | undefined;
  /** Resolves when the bytes are accepted and there is room for more. Throws 'closed'. Calls must not overlap. */
  send(parts: readonly Uint8Array[]): Promise<void>;
  /**
   * Starts delivery; call once. The buffer is only valid during the call: copy what you keep.
   * A handler that returns nothing was ready at once; a rejecting handler aborts the stream.
   */
  receive(handler: (bytes: Uint8Array) => Promise<void> | undefined): void;
  /** Resolves once, when no more data will come: `undefined` for a clean end, else why. */
  readonly ended: Promise<Error | undefined>;
  /** Half-closes our side after what was sent. */
  close(): Promise<void>;
  /** Drops the stream at once, both ways. */
  abort(reason: Error): void;
}

export type StreamHandler = (stream: ByteStream) => void;

export interface OpenOptions {
  readonly signal?: AbortSignal;
}

export interface KnownPeer {
  readonly peer: PeerName;
  readonly addresses: readonly string[];
}

/** Throws VaultError: 'foreign-mesh' (handshake refused), 'unavailable' (nobody answers, or another version), 'timeout', 'closed'. */
export interface Network {
  readonly self: PeerName;
  /** Our own addresses with /p2p/ id, as others can dial them. */
  addresses(): readonly string[];
  /** Signs with this node's peer key; checked with `crypto/peer-key.ts`. */
  sign(message: Uint8Array): Uint8Array;
  /** Serves a protocol. */
  handle(protocol: string, handler: StreamHandler): Promise<void>;
  /** Opens a stream, dialling when not connected. */
  open(peer: PeerName, protocol: string, options?: OpenOptions): Promise<ByteStream>;
  /** Dials a full address (with /p2p/), or a known peer by name. */
  connect(target: string, options?: OpenOptions): Promise<PeerName>;
  /** Remembers addresses of a peer for later dials. */
  learn(known: KnownPeer): Promise<void>;
  /** Peers we know addresses of, connected or not. */
  known(): Promise<readonly KnownPeer[]>;
  connected(): readonly PeerName[];
  /** Calls back on each change of the set of connected peers; returns the unsubscriber. */
  onChange(listener: (peer: PeerName, connected: boolean) => void): () => void;
  /** DHT: says "this node provides `key`" (32 bytes) until `withdraw`; renewed by itself (M3). */
  announce(key: Uint8Array, options?: OpenOptions): Promise<void>;
  withdraw(key: Uint8Array): Promise<void>;
  /** DHT: who provides `key`. Ends by itself when the search is exhausted or the signal aborts. */
  find(key: Uint8Array, options?: OpenOptions): AsyncIterable<PeerName>;
  /** Closes every stream, connection, timer and file of this node. */
  stop(): Promise<void>;
}
