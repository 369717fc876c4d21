/** One stream to one peer, opened when it is needed, greeted with a hello, opened again after it broke. */
import { isVaultError, VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import type { MetaMap } from './meta.ts';
import { type Hello, hello, type Method } from './methods.ts';
import { type Reply, RpcChannel } from './rpc-channel.ts';

export interface LinkOptions {
  readonly network: Network;
  readonly peer: PeerName;
  readonly protocol: string;
  readonly clock: Clock;
  /** Without a byte moving while something is outstanding; also the time to open a stream. */
  readonly stallMs: number;
  /** Said first on every new stream, when there is one. */
  readonly greeting: (() => Hello) | undefined;
}

export class RemoteLink {
  readonly #options: LinkOptions;
  #channel: RpcChannel | undefined;
  #opening: Promise<RpcChannel> | undefined;
  readonly #closer = new AbortController();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Throws as `RpcChannel.request` and `Network.open` do. */
  async request<Request extends MetaMap, Response extends MetaMap>(
    method: Method<Request, Response>,
    meta: Request,
    payload?: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Reply<Response>> {
    const channel = await this.#usable(signal);
    return channel.request(method, meta, payload, signal);
  }

  /** Opens the stream unless it is open. */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.#usable(signal);
  }

  /** See `RpcChannel.quietMs`; `undefined` while there is no stream. */
  quietMs(): number | undefined {
    return this.#channel?.usable ? this.#channel.quietMs() : undefined;
  }

  silentMs(): number | undefined {
    return this.#channel?.usable ? this.#channel.silentMs() : undefined;
  }

  async close(): Promise<void> {
    if (this.#closer.signal.aborted) return;
    this.#closer.abort(new VaultError('closed', `the link to peer ${this.#options.peer} was closed here`));
    await this.#opening?.catch(() => undefined); // whoever waits for it is told; here only its end matters
    await this.#channel?.close();
  }

  #usable(signal: AbortSignal | undefined): RpcChannel | Promise<RpcChannel> {
    this.#closer.signal.throwIfAborted();
    signal?.throwIfAborted();
    if (this.#channel?.usable) return this.#channel;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return signal ? unlessAborted(this.#opening, signal) : this.#opening;
  }

  /** Shared by all who wait, so it does not end when one of them gives up. */
  async #open(): Promise<RpcChannel> {
    const { network, peer, protocol, clock, stallMs, greeting } = this.#options;
    const late = new VaultError('timeout', `peer ${peer} did not open a stream within ${stallMs / 1000} s`, {
      data: { peer },
    });
    const timer = new AbortController();
    const cancel = clock.schedule(stallMs, () => timer.abort(late));
    const signal = AbortSignal.any([timer.signal, this.#closer.signal]);
    try {
      const opening = network.open(peer, protocol, { signal });
      const stream = await unlessAborted(opening, signal, (unused) => unused.abort(asError(signal.reason)));
      const channel = new RpcChannel(stream, { clock, stallMs });
      this.#channel = channel;
      if (greeting) greet(channel, greeting());
      return channel;
    } finally {
      cancel();
    }
  }
}

/** Does not wait for the answer: what follows on the stream is read after it. A refused hello ends the channel. */
function greet(channel: RpcChannel, greeting: Hello): void {
  channel.request(hello, greeting).catch((error: unknown) => {
    channel.abort(
      isVaultError(error) ? error : new VaultError('closed', 'the hello failed', { cause: error }),
    );
  });
}

/** `work`, or the signal's reason if that comes first; what comes too late goes to `dispose`. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, dispose?: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work
      .then((value) => {
        if (signal.aborted) dispose?.(value);
        else resolve(value);
      }, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new VaultError('closed', String(reason));
}
