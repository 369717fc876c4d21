/** A network whose streams keep to a rate for what they send and what they receive, all of them together (T4). */
import type { RateLimit } from '../runtime/rate-limit.ts';
import type { ByteStream, Network, OpenOptions, StreamHandler } from './network.ts';

export interface NetworkLimits {
  readonly upload: RateLimit;
  readonly download: RateLimit;
  /** Protocols that carry much; the others, with their questions about who is there and how far away, are left alone. */
  readonly protocols: ReadonlySet<string>;
}

/** A quarter of a second's worth, within bounds: progress of a slow transfer must be seen by both sides' watchdogs. */
const MIN_PIECE_BYTES = 1024;
const MAX_PIECE_BYTES = 64 * 1024;

function pieceBytes({ bytesPerSecond }: RateLimit): number {
  return Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, Math.floor(bytesPerSecond / 4)));
}

/** `stop` and everything else is the inner network's. */
export function limitedNetwork(inner: Network, limits: NetworkLimits): Network {
  const limited = (stream: ByteStream): ByteStream =>
    limits.protocols.has(stream.protocol) ? new LimitedStream(stream, limits) : stream;
  return {
    self: inner.self,
    addresses: () => inner.addresses(),
    sign: (message) => inner.sign(message),
    handle: (protocol: string, handler: StreamHandler) =>
      inner.handle(protocol, (stream) => handler(limited(stream))),
    open: async (peer, protocol, options?: OpenOptions) => limited(await inner.open(peer, protocol, options)),
    connect: (target, options) => inner.connect(target, options),
    learn: (known) => inner.learn(known),
    known: () => inner.known(),
    connected: () => inner.connected(),
    onChange: (listener) => inner.onChange(listener),
    announce: (key, options) => inner.announce(key, options),
    withdraw: (key) => inner.withdraw(key),
    find: (key, options) => inner.find(key, options),
    stop: () => inner.stop(),
  };
}

class LimitedStream implements ByteStream {
  readonly remote: string;
  readonly protocol: string;
  readonly ended: Promise<Error | undefined>;
  readonly #inner: ByteStream;
  readonly #limits: NetworkLimits;
  readonly #broken = new AbortController();

  constructor(inner: ByteStream, limits: NetworkLimits) {
    this.#inner = inner;
    this.#limits = limits;
    this.remote = inner.remote;
    this.protocol = inner.protocol;
    this.ended = inner.ended;
    // After a clean end of the other side ours may still send.
    void inner.ended.then((error) => error && this.#broken.abort(error));
  }

  get sliceBytes(): number {
    return pieceBytes(this.#limits.upload);
  }

  get queuedBytes(): number | undefined {
    return this.#inner.queuedBytes;
  }

  async send(parts: readonly Uint8Array[]): Promise<void> {
    const { upload } = this.#limits;
    for (const part of parts) {
      for (let at = 0; at < part.length; ) {
        const piece = part.subarray(at, at + pieceBytes(upload));
        await upload.take(piece.length, this.#broken.signal);
        await this.#inner.send([piece]);
        at += piece.length;
      }
    }
  }

  receive(handler: (bytes: Uint8Array) => Promise<void> | undefined): void {
    const { download } = this.#limits;
    this.#inner.receive(async (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + pieceBytes(download));
        await download.take(piece.length, this.#broken.signal);
        await handler(piece);
        at += piece.length;
      }
    });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  abort(reason: Error): void {
    this.#broken.abort(reason);
    this.#inner.abort(reason);
  }
}
