/** One stream of our muxer: libp2p's stream to those who know no better, and a direct way for bytes to those who do. */
import { AbstractStream, type AbstractStreamInit, type SendResult } from '@libp2p/utils';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import { keptBytes } from './free-bytes.ts';
import { ACK, DATA, encodeMuxHead, FIN, type MuxHead, RST, SYN, WINDOW_UPDATE } from './muxer-frames.ts';
import { FIRST_WINDOW_BYTES, ReceiveWindow, type WindowGrowth } from './muxer-window.ts';

/** Data of one frame: streams take turns after each, and on a slow link each is some sign of life. */
const MAX_DATA_BYTES = 64 * KiB;
const MAX_SEND_WINDOW = 0xffff_ffff;

type ByteList = Parameters<AbstractStream['sendData']>[0];

/** The connection as one of its streams sees it. */
export interface StreamCarrier {
  /** No frames of data now: the connection has no room, or it is the turn of others. */
  readonly full: boolean;
  readonly nowMs: number;
  readonly roundTripMs: number | undefined;
  readonly growth: WindowGrowth;
  /** A frame that must not wait, of a few bytes. */
  sendHead(head: MuxHead): void;
  /** `frame` is head and data. False when the connection is full now. */
  sendFrame(from: MuxedStream, frame: ByteList): boolean;
}

/** True: the bytes were kept; false: their memory may be freed. Not called while the stream is paused. */
export type DirectSink = (bytes: Uint8Array) => boolean;

export interface MuxedStreamInit extends AbstractStreamInit {
  readonly number: number;
  readonly carrier: StreamCarrier;
}

export class MuxedStream extends AbstractStream {
  readonly number: number;
  readonly #carrier: StreamCarrier;
  readonly #window: ReceiveWindow;
  #sendWindowBytes = FIRST_WINDOW_BYTES;
  /** Said with the next frame, whichever it is: SYN of who opens, ACK of who accepts. */
  #greeting: number;
  #sink: DirectSink | undefined;

  constructor(init: MuxedStreamInit) {
    super({ ...init, maxMessageSize: MAX_DATA_BYTES });
    this.number = init.number;
    this.#carrier = init.carrier;
    this.#window = new ReceiveWindow(init.carrier.growth, init.carrier.nowMs);
    this.#greeting = init.direction === 'inbound' ? ACK : SYN;
    this.addEventListener('close', () => this.#window.end());
  }

  /** From now on bytes go to `sink` and not into events; what has come already goes there first. */
  divert(sink: DirectSink): void {
    this.#sink = sink;
    this.dispatchReadBuffer();
  }

  /** Opens the stream at the other side. */
  begin(): void {
    if (this.status === 'open') this.#sendHead(WINDOW_UPDATE, 0, 0);
  }

  /** A piece of data came in. True when it was kept. */
  arrived(bytes: Uint8Array): boolean {
    if (!this.#window.arrived(bytes.length)) {
      throw new VaultError('bad-frame', 'the other side sent more than the window of a stream');
    }
    const direct = this.#sink && this.readStatus === 'readable' && this.readBuffer.byteLength === 0;
    const kept = direct ? this.#sink?.(bytes) === true : this.#keep(bytes);
    this.#grant();
    return kept;
  }

  windowUpdated(bytes: number): void {
    this.#sendWindowBytes += bytes;
    if (this.#sendWindowBytes > MAX_SEND_WINDOW)
      throw new VaultError('bad-frame', 'the window of a stream overflows');
    if (bytes > 0 && this.writableNeedsDrain) this.dispatchEvent(new Event('drain'));
  }

  override sendData(data: ByteList): SendResult {
    const bytes = Math.min(data.byteLength, this.#sendWindowBytes);
    if (bytes === 0 || this.#carrier.full) return { sentBytes: 0, canSendMore: false };
    const frame = bytes === data.byteLength ? data : data.sublist(0, bytes);
    frame.prepend(encodeMuxHead({ type: DATA, flags: this.#greet(), stream: this.number, length: bytes }));
    this.#sendWindowBytes -= bytes;
    const more = this.#carrier.sendFrame(this, frame);
    return { sentBytes: bytes, canSendMore: more && this.#sendWindowBytes > 0 };
  }

  override sendReset(): void {
    this.#sendHead(WINDOW_UPDATE, RST, 0);
  }

  override async sendCloseWrite(): Promise<void> {
    this.#sendHead(WINDOW_UPDATE, FIN, 0);
  }

  /** Yamux knows no such thing. */
  override async sendCloseRead(): Promise<void> {}

  /** No more window is granted, so the other side stops by itself. */
  override sendPause(): void {}

  override sendResume(): void {
    this.#grant();
  }

  protected override dispatchReadBuffer(): void {
    if (this.#sink) this.#dispatchDirectly(this.#sink);
    else super.dispatchReadBuffer();
    this.#grant();
  }

  #keep(bytes: Uint8Array): boolean {
    const own = keptBytes(bytes);
    this.onData(own);
    return own === bytes;
  }

  #dispatchDirectly(sink: DirectSink): void {
    const pieces = [...this.readBuffer];
    this.readBuffer.consume(this.readBuffer.byteLength);
    while (pieces.length > 0 && this.readStatus === 'readable') {
      const piece = pieces.shift();
      if (piece) sink(piece);
    }
    this.readBuffer.prependAll(pieces);
    if (this.readBuffer.byteLength === 0 && this.remoteWriteStatus === 'closed') {
      this.readStatus = 'closed';
      this.maybeDispatchEnd();
    }
  }

  /** As soon as all that came was taken. */
  #grant(): void {
    if (
      this.readStatus !== 'readable' ||
      this.remoteWriteStatus === 'closed' ||
      this.readBuffer.byteLength > 0
    )
      return;
    const { nowMs, roundTripMs } = this.#carrier;
    const bytes = this.#window.grant(nowMs, roundTripMs);
    if (bytes > 0) this.#sendHead(WINDOW_UPDATE, 0, bytes);
  }

  #sendHead(type: number, flags: number, length: number): void {
    this.#carrier.sendHead({ type, flags: flags | this.#greet(), stream: this.number, length });
  }

  #greet(): number {
    const greeting = this.#greeting;
    this.#greeting = 0;
    return greeting;
  }
}
