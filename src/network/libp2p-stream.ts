/** A libp2p stream as a ByteStream: memory stays bounded on both sides however slow the other one is (T4). */
import type { Stream, StreamCloseEvent } from '@libp2p/interface';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { KiB, MiB } from '../model/units.ts';
import { freeBytes, keptBytes } from './free-bytes.ts';
import { MuxedStream } from './muxer-stream.ts';
import type { ByteStream } from './network.ts';

/** libp2p buffers whatever it is given; small slices and this limit are what held its memory at 1 MiB when measured. */
const SLICE_BYTES = 256 * KiB;
const MAX_QUEUED_BYTES = MiB;

type ReceiveHandler = (bytes: Uint8Array) => Promise<void> | undefined;

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

export class Libp2pStream implements ByteStream {
  readonly remote: PeerName;
  readonly protocol: string;
  readonly ended: Promise<Error | undefined>;
  readonly #stream: Stream;
  /** What arrives is ours alone, so its memory is freed as soon as it was read. */
  readonly #ownsBytes: boolean;
  #settleEnded: (error: Error | undefined) => void = () => undefined;
  #handler: ReceiveHandler | undefined;
  /** Arrived and not yet handed over; never more than the stream's window, since it is paused meanwhile. */
  readonly #inbox: Uint8Array[] = [];
  #busy = false;
  #inputDone = false;
  #failure: Error | undefined;

  constructor(remote: PeerName, protocol: string, stream: Stream) {
    this.remote = remote;
    this.protocol = protocol;
    this.#stream = stream;
    this.#ownsBytes = stream instanceof MuxedStream;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    if (stream instanceof MuxedStream) stream.divert((bytes) => this.#accept(bytes));
    else stream.addEventListener('message', ({ data }) => this.#acceptAll(data));
    stream.addEventListener('end', () => this.#onEnd());
    stream.addEventListener('close', (event) => this.#onClose(event));
    if (stream.readableEnded) this.#onEnd();
  }

  /** What has left our own streams was encrypted, into other memory. */
  get queuedBytes(): number | undefined {
    return this.#stream instanceof MuxedStream ? this.#stream.writeBufferLength : undefined;
  }

  async send(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      for (let at = 0; at < part.length; at += SLICE_BYTES) {
        this.#give(part.subarray(at, at + SLICE_BYTES));
        while (this.#stream.writeBufferLength > MAX_QUEUED_BYTES) await this.#drained();
      }
    }
    this.#refuseClosed();
  }

  receive(handler: ReceiveHandler): void {
    if (this.#handler) throw new VaultError('internal', 'bug: receive() is called once per stream');
    this.#handler = handler;
    queueMicrotask(() => this.#read());
  }

  async close(): Promise<void> {
    if (this.#stream.writeStatus !== 'writable') return;
    try {
      await this.#stream.close();
    } catch (cause) {
      throw new VaultError('closed', `the stream to ${this.remote} broke before everything was sent`, {
        cause,
      });
    }
  }

  abort(reason: Error): void {
    this.#fail(reason);
    this.#stream.abort(reason);
  }

  #give(slice: Uint8Array): void {
    this.#refuseClosed();
    try {
      this.#stream.send(slice);
    } catch (cause) {
      throw new VaultError('closed', `the stream to ${this.remote} is closed`, { cause });
    }
  }

  #refuseClosed(): void {
    if (this.#stream.writeStatus === 'writable' && !this.#failure) return;
    throw new VaultError('closed', `the stream to ${this.remote} is closed`, { cause: this.#failure });
  }

  /** Resolves at the next sign of room. libp2p goes on sending in the same turn, so the caller looks again afterwards. */
  #drained(): Promise<void> {
    this.#refuseClosed();
    const stream = this.#stream;
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'idle', 'close'] as const) stream.removeEventListener(event, done);
        resolve();
      };
      for (const event of ['drain', 'idle', 'close'] as const) stream.addEventListener(event, done);
    });
  }

  #acceptAll(data: Uint8Array | Iterable<Uint8Array>): void {
    for (const bytes of data instanceof Uint8Array ? [data] : data) this.#accept(bytes);
  }

  /** True when the bytes are still needed when this returns. */
  #accept(bytes: Uint8Array): boolean {
    if (this.#failure) return false;
    if (this.#busy || !this.#handler || this.#inbox.length > 0) {
      const own = keptBytes(bytes);
      this.#inbox.push(own);
      this.#pause();
      return own === bytes;
    }
    return this.#hand(this.#handler, bytes);
  }

  /** True when the handler needs time, and the bytes; what comes meanwhile waits. */
  #hand(handler: ReceiveHandler, bytes: Uint8Array): boolean {
    let busy: Promise<void> | undefined;
    try {
      busy = handler(bytes);
    } catch (error) {
      this.abort(asError(error));
      return false;
    }
    if (!busy) return false;
    this.#busy = true;
    this.#pause();
    busy.then(
      () => this.#readAgain(bytes),
      (error: unknown) => this.abort(asError(error)),
    );
    return true;
  }

  #readAgain(done: Uint8Array): void {
    if (this.#ownsBytes) freeBytes(done);
    this.#busy = false;
    this.#read();
  }

  /** Hands over what waits, one piece at a time; returns when nothing is left or the handler needs time. */
  #read(): void {
    if (this.#busy || !this.#handler) return;
    for (let bytes = this.#inbox.shift(); bytes; bytes = this.#inbox.shift()) {
      if (this.#hand(this.#handler, bytes)) return;
      if (this.#ownsBytes) freeBytes(bytes);
    }
    this.#resume();
    this.#finishInput();
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable') this.#unlessGone(() => this.#stream.pause());
  }

  #resume(): void {
    if (this.#stream.readStatus === 'paused') this.#unlessGone(() => this.#stream.resume());
  }

  /** Resuming tells the other side that there is room, and throws when the connection has gone before the stream knows of it. */
  #unlessGone(move: () => void): void {
    try {
      move();
    } catch (error) {
      this.abort(asError(error));
    }
  }

  #onEnd(): void {
    const { status } = this.#stream;
    if (status === 'aborted' || status === 'reset')
      this.#fail(new VaultError('closed', `${this.remote} dropped the stream`));
    this.#inputDone = true;
    this.#finishInput();
  }

  /** An end counts when all that came before it was handled. */
  #finishInput(): void {
    if (this.#inputDone && !this.#busy && this.#inbox.length === 0) this.#settleEnded(this.#failure);
  }

  #onClose(event: StreamCloseEvent): void {
    if (event.error) {
      const message = `the stream to ${this.remote} broke: ${event.error.message}`;
      this.#fail(new VaultError('closed', message, { cause: event.error }));
    } else if (this.#stream.readBufferLength === 0) this.#onEnd();
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    this.#inbox.length = 0;
    this.#settleEnded(this.#failure);
  }
}
