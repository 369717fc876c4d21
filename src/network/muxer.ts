/** Many streams on one connection, in yamux's frames: data is passed on as it comes in, streams take turns, and a connection that is dead is noticed. */
import type { CreateStreamOptions, MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { AbstractStreamMuxer } from '@libp2p/utils';
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import { ChannelStream } from './channel-stream.ts';
import {
  ACK,
  encodeMuxHead,
  FIN,
  GO_AWAY,
  GONE_FOR_INTERNAL_ERROR,
  GONE_FOR_PROTOCOL_ERROR,
  GONE_NORMALLY,
  type MuxHead,
  MuxReader,
  PING,
  RST,
  SYN,
  WINDOW_UPDATE,
} from './muxer-frames.ts';
import { Pulse } from './muxer-pulse.ts';
import { MuxedStream, type StreamCarrier } from './muxer-stream.ts';
import { WindowGrowth } from './muxer-window.ts';

const YAMUX = '/yamux/1.0.0';
/** A paused stream keeps at most its window; libp2p's own limit must not be the smaller one. */
const READ_BUFFER_BYTES = 32 * MiB;
/** Frames that were not asked for and wait for a slow reader: beyond this he is not worth a connection. */
const MAX_WAITING_BYTES = 8 * MiB;

export interface MuxerOptions {
  readonly clock: Clock;
  readonly maxStreams: number;
  /** Streams that come while the connection is still being set up; one too many of them drops the connection. */
  readonly maxEarlyStreams: number;
}

/** One object for one node: its connections share what their windows may grow by. */
export function muxer(options: MuxerOptions): () => StreamMuxerFactory {
  const growth = new WindowGrowth();
  return () => ({
    protocol: YAMUX,
    createStreamMuxer: (connection) => new Muxer(connection, options, growth),
  });
}

class Muxer extends AbstractStreamMuxer<MuxedStream> implements StreamCarrier {
  readonly growth: WindowGrowth;
  readonly #options: MuxerOptions;
  readonly #byNumber = new Map<number, MuxedStream>();
  readonly #reader: MuxReader;
  readonly #pulse: Pulse;
  /** Who dials has the odd numbers. */
  readonly #parity: number;
  #nextNumber: number;
  #goneAway = false;

  constructor(connection: MessageStream, options: MuxerOptions, growth: WindowGrowth) {
    super(connection, { protocol: YAMUX, name: 'muxer', maxEarlyStreams: options.maxEarlyStreams });
    this.growth = growth;
    this.#options = options;
    this.#parity = connection.direction === 'outbound' ? 1 : 0;
    this.#nextNumber = 2 - this.#parity;
    this.#reader = new MuxReader({
      onHead: (head) => this.#onHead(head),
      onBytes: (number, piece) => this.#byNumber.get(number)?.arrived(piece) ?? false,
      onEnd: (head) => this.#onEnd(head),
    });
    this.#pulse = new Pulse({
      clock: options.clock,
      ping: (number) => this.sendHead({ type: PING, flags: SYN, stream: 0, length: number }),
      onDead: (silentMs) => this.#drop(dead(silentMs)),
    });
    connection.addEventListener('close', () => this.#pulse.stop());
    if (connection instanceof ChannelStream) connection.divert((bytes) => this.#receive(bytes));
  }

  get nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  get roundTripMs(): number | undefined {
    return this.#pulse.roundTripMs;
  }

  get full(): boolean {
    return this.maConn.writableNeedsDrain;
  }

  sendHead(head: MuxHead): void {
    if (this.maConn.status !== 'open') return;
    if (this.maConn.writeBufferLength > MAX_WAITING_BYTES) {
      this.#drop(new VaultError('timeout', 'the other side reads nothing'));
      return;
    }
    this.send(encodeMuxHead(head));
  }

  sendFrame(from: MuxedStream, frame: Parameters<MessageStream['send']>[0]): boolean {
    const more = this.send(frame);
    if (!more) this.#toTheEnd(from);
    return more;
  }

  override onData(data: Uint8Array | Iterable<Uint8Array>): void {
    if (data instanceof Uint8Array) this.#receive(data);
    else for (const piece of data) this.#receive(piece);
  }

  override onCreateStream(options: CreateStreamOptions): MuxedStream {
    if (this.#goneAway) throw new VaultError('closed', 'the other side closes this connection');
    if (this.#count('outbound') >= this.#options.maxStreams) {
      throw new VaultError('unavailable', 'too many streams on one connection');
    }
    const stream = this.#add(this.#nextNumber, 'outbound', options);
    this.#nextNumber += 2;
    queueMicrotask(() => stream.begin()); // when it is in the list, so that the answer finds it
    return stream;
  }

  override async close(options?: Parameters<AbstractStreamMuxer['close']>[0]): Promise<void> {
    if (this.status !== 'open') return;
    this.#pulse.stop();
    await super.close(options);
    this.sendHead({ type: GO_AWAY, flags: 0, stream: 0, length: GONE_NORMALLY });
  }

  override abort(reason: Error): void {
    if (this.status === 'closed') return;
    this.#pulse.stop();
    super.abort(reason);
    const why = reason instanceof VaultError && reason.code === 'bad-frame';
    const length = why ? GONE_FOR_PROTOCOL_ERROR : GONE_FOR_INTERNAL_ERROR;
    this.sendHead({ type: GO_AWAY, flags: 0, stream: 0, length });
  }

  override onTransportClosed(error?: Error): void {
    this.#pulse.stop();
    const reason = error ?? this.#breach();
    // What a stream's other side has ended in good order ends so here too.
    for (const stream of this.streams.slice()) {
      stream.onTransportClosed(stream.remoteWriteStatus === 'closed' ? undefined : reason);
    }
    super.onTransportClosed();
  }

  /** A connection that ends without a word, on the wire or by force, may have lost what was said last: no clean end of its streams. */
  #breach(): Error | undefined {
    const byForce = this.maConn.status === 'aborted' || this.maConn.status === 'reset';
    if (!byForce && (this.#goneAway || this.status !== 'open')) return undefined;
    return new VaultError('closed', 'the connection broke');
  }

  /** True when some of the bytes were kept. A connection that breaks the rules ends. */
  #receive(bytes: Uint8Array): boolean {
    if (this.status === 'closed') return false;
    this.#pulse.heard();
    try {
      return this.#reader.push(bytes);
    } catch (error) {
      this.#drop(error instanceof Error ? error : new VaultError('bad-frame', String(error)));
      return true;
    }
  }

  #onHead(head: MuxHead): void {
    if (head.flags & SYN && head.stream !== 0) this.#accept(head.stream);
    if (head.type === PING) this.#onPing(head);
    else if (head.type === GO_AWAY) this.#onGoAway(head.length);
    else if (head.type === WINDOW_UPDATE) this.#byNumber.get(head.stream)?.windowUpdated(head.length);
  }

  /** Of a stream that was dropped here the other side may not know yet. */
  #onEnd({ flags, stream: number }: MuxHead): void {
    if (flags & RST) this.#byNumber.get(number)?.onRemoteReset();
    else if (flags & FIN) this.#byNumber.get(number)?.onRemoteCloseWrite();
  }

  #onPing({ flags, length }: MuxHead): void {
    if (flags & ACK) this.#pulse.answered(length);
    else if (flags & SYN) this.sendHead({ type: PING, flags: ACK, stream: 0, length });
  }

  #onGoAway(reason: number): void {
    this.#goneAway = true;
    if (reason === GONE_NORMALLY) this.onTransportClosed();
    else this.#drop(new VaultError('closed', `the other side dropped the connection (${reason})`));
  }

  #accept(number: number): void {
    if (number % 2 === this.#parity) throw new VaultError('bad-frame', 'a stream with a number of ours');
    if (this.#byNumber.has(number)) return;
    if (this.status !== 'open' || this.#count('inbound') >= this.#options.maxStreams) {
      this.sendHead({ type: WINDOW_UPDATE, flags: RST, stream: number, length: 0 });
      return;
    }
    this.onRemoteStream(this.#add(number, 'inbound', {}));
  }

  #add(number: number, direction: 'inbound' | 'outbound', options: CreateStreamOptions): MuxedStream {
    const { inactivityTimeout } = options;
    const stream = new MuxedStream({
      ...(inactivityTimeout === undefined ? {} : { inactivityTimeout }),
      id: `${number}`,
      number,
      direction,
      log: this.log.newScope(`${direction}:${number}`),
      carrier: this,
      maxReadBufferLength: READ_BUFFER_BYTES,
    });
    this.#byNumber.set(number, stream);
    stream.addEventListener('close', () => this.#byNumber.delete(number));
    return stream;
  }

  #count(direction: 'inbound' | 'outbound'): number {
    let count = 0;
    for (const stream of this.#byNumber.values()) if (stream.direction === direction) count += 1;
    return count;
  }

  /** The connection is full: who sent last is served last when there is room again. */
  #toTheEnd(stream: MuxedStream): void {
    const at = this.streams.indexOf(stream);
    if (at < 0 || at === this.streams.length - 1) return;
    this.streams.splice(at, 1);
    this.streams.push(stream);
  }

  #drop(reason: Error): void {
    this.abort(reason);
    this.maConn.abort(reason);
  }
}

function dead(silentMs: number): VaultError {
  return new VaultError('timeout', `nothing came from the other side for ${Math.round(silentMs / 1000)} s`);
}
