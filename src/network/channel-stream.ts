/** A connection whose every byte travels in authenticated records; the first one that is not in order ends it. */
import { Socket } from 'node:net';
import type { AbortOptions, MessageStream } from '@libp2p/interface';
import { AbstractMessageStream, type SendResult } from '@libp2p/utils';
import { KiB } from '../model/units.ts';
import { type Direction, MAX_RECORD_BYTES, RecordOpener, RecordSealer } from './channel-records.ts';
import { freeBytes } from './free-bytes.ts';

export interface ChannelKeys {
  /** What this side chose, and how it is called. */
  readonly sending: { readonly secret: Uint8Array; readonly as: Direction };
  readonly receiving: { readonly secret: Uint8Array; readonly from: Direction };
}

type ByteList = Parameters<AbstractMessageStream['sendData']>[0];

/** What waits in a socket before senders are told to wait. */
const MAX_SOCKET_BYTES = 512 * KiB;

export class ChannelStream extends AbstractMessageStream {
  readonly #raw: MessageStream;
  readonly #socket: Socket | undefined;
  readonly #sealer: RecordSealer;
  readonly #opener: RecordOpener;
  #sink: ((bytes: Uint8Array) => boolean) | undefined;

  constructor(raw: MessageStream, { sending, receiving }: ChannelKeys) {
    super({
      log: raw.log,
      direction: raw.direction,
      inactivityTimeout: raw.inactivityTimeout,
      maxReadBufferLength: raw.maxReadBufferLength,
      maxMessageSize: MAX_RECORD_BYTES,
    });
    this.#raw = raw;
    this.#socket = socketOf(raw);
    this.#sealer = new RecordSealer(sending.secret, sending.as);
    this.#opener = new RecordOpener(receiving.secret, receiving.from, (plain) => this.#deliver(plain));
    raw.addEventListener('close', ({ error, local }) => {
      if (!error) this.onTransportClosed();
      else if (local) this.abort(error);
      else this.onRemoteReset();
    });
    raw.addEventListener('drain', () => this.dispatchEvent(new Event('drain')));
    raw.addEventListener('remoteCloseWrite', () => this.onRemoteCloseWrite());
    raw.addEventListener('message', ({ data }) => this.#open(data));
  }

  /**
   * From now on bytes go to `sink` and not into events; what has come already goes there first. It returns true when it keeps them:
   * otherwise their memory is freed at once.
   */
  divert(sink: (bytes: Uint8Array) => boolean): void {
    const earlier = [...this.readBuffer];
    this.readBuffer.consume(this.readBuffer.byteLength);
    this.#sink = sink;
    for (const bytes of earlier) sink(bytes);
  }

  sendData(data: ByteList): SendResult {
    const sentBytes = data.byteLength;
    if (this.#raw.status !== 'open') return { sentBytes, canSendMore: false }; // nobody will ever get it
    const record = this.#sealer.seal(data, sentBytes);
    return { sentBytes, canSendMore: this.#socket ? writeAll(this.#socket, record) : this.#sendAll(record) };
  }

  sendReset(reason: Error): void {
    this.#raw.abort(reason);
  }

  sendPause(): void {
    this.#raw.pause();
  }

  sendResume(): void {
    this.#raw.resume();
  }

  async close(options?: AbortOptions): Promise<void> {
    if (this.status !== 'open') return;
    this.status = 'closing';
    this.writeStatus = 'closing';
    if (this.writeBuffer.byteLength > 0) await this.#flushed(options?.signal);
    await this.#raw.close(options);
  }

  /** Resolves when all that was given has left, or the connection is gone. */
  #flushed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      for (const event of ['idle', 'close'] as const)
        this.addEventListener(event, () => resolve(), { once: true });
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  #open(data: Uint8Array | Iterable<Uint8Array>): void {
    try {
      for (const bytes of data instanceof Uint8Array ? [data] : data) {
        this.#opener.push(bytes);
        freeBytes(bytes);
      }
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #deliver(plain: readonly Uint8Array[]): void {
    for (const bytes of plain) {
      if (!this.#sink) this.onData(bytes);
      else if (!this.#sink(bytes)) freeBytes(bytes);
    }
  }

  #sendAll(record: readonly Uint8Array[]): boolean {
    let more = true;
    for (const bytes of record) more = this.#raw.send(bytes);
    return more;
  }
}

/** The socket of a TCP connection of libp2p, which is not in its types. Without it everything works, at some cost. */
function socketOf(raw: MessageStream): Socket | undefined {
  const socket: unknown = 'socket' in raw ? raw.socket : undefined;
  return socket instanceof Socket ? socket : undefined;
}

/** One system call for the whole record, and its memory is freed when it is on its way. */
function writeAll(socket: Socket, record: readonly Uint8Array[]): boolean {
  const last = record.length - 1;
  socket.cork();
  record.forEach((bytes, i) => {
    if (i < last) socket.write(bytes);
    else socket.write(bytes, () => record.forEach(freeBytes));
  });
  socket.uncork();
  return socket.writableLength < MAX_SOCKET_BYTES;
}
