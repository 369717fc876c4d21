/** The asking side of one stream: many requests in flight, each answered, timed out or aborted, never forgotten (T1). */
import { assert, isVaultError, VaultError } from '../model/errors.ts';
import type { ByteStream } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import { FrameWriter } from './frame-writer.ts';
import {
  type Admission,
  encodeFrameHead,
  FRAME_ALIVE,
  FRAME_ERROR,
  FRAME_REQUEST,
  FRAME_RESPONSE,
  type Frame,
  FrameDecoder,
  type FrameHead,
} from './frames.ts';
import { decodeMeta, encodeMeta, type MetaMap } from './meta.ts';
import type { Method } from './methods.ts';
import { Watchdog } from './watchdog.ts';
import { MAX_ERROR_META_BYTES, readErrorMeta } from './wire-errors.ts';

export interface ChannelOptions {
  readonly clock: Clock;
  /** How long nothing may move while something is outstanding. */
  readonly stallMs: number;
}

export interface Reply<Meta extends MetaMap> {
  readonly meta: Meta;
  /** Owned by the caller. */
  readonly payload: Uint8Array;
  /** All of the request has left this process: its payload is free. An answer may come before that, as whoever sends it likes. */
  readonly requestLeft: boolean;
}

interface Answered {
  readonly frame: Frame;
  readonly requestLeft: boolean;
}

interface Pending {
  readonly method: Pick<Method<MetaMap, MetaMap>, 'number' | 'name' | 'response'>;
  /** `undefined` once the caller gave up: the answer is then skipped. */
  settle: { readonly resolve: (frame: Frame) => void; readonly reject: (error: unknown) => void } | undefined;
}

const NO_BYTES = new Uint8Array(0);
const CLOSE_GRACE_MS = 1000;

export class RpcChannel {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #writer: FrameWriter;
  readonly #watchdog: Watchdog;
  readonly #pending = new Map<number, Pending>();
  /** When something last went or came that is more than a sign of life. */
  #progressMs: number;
  /** When the last byte came. */
  #heardMs: number;
  #lastId = 0;
  #failure: VaultError | undefined;

  constructor(stream: ByteStream, options: ChannelOptions) {
    this.#stream = stream;
    this.#clock = options.clock;
    this.#watchdog = new Watchdog({
      clock: options.clock,
      idleMs: options.stallMs,
      onStall: () => this.abort(stalled(stream.remote, options.stallMs)),
    });
    this.#progressMs = this.#heardMs = options.clock.monotonicMs();
    this.#writer = new FrameWriter(stream, () => this.#progressed());
    const decoder = new FrameDecoder({
      admit: (head) => this.#admit(head),
      deliver: (frame) => this.#deliver(frame),
    });
    stream.receive((bytes) => this.#receive(decoder, bytes));
    void stream.ended.then((reason) => this.#fail(gone(stream.remote, reason)));
  }

  /** False when the next request needs a new stream. */
  get usable(): boolean {
    return this.#failure === undefined && this.#lastId < 0xffff_ffff;
  }

  /** How long the other side has taken and given nothing but signs of life, while something is outstanding; 0 when nothing is. */
  quietMs(): number {
    return this.#pending.size === 0 ? 0 : this.#clock.monotonicMs() - this.#progressMs;
  }

  /** How long not even a sign of life has come, while something is outstanding; 0 when nothing is. */
  silentMs(): number {
    return this.#pending.size === 0 ? 0 : this.#clock.monotonicMs() - this.#heardMs;
  }

  /**
   * Throws what the holder answered, 'bad-frame' (it broke the protocol), 'timeout' (nothing moved), 'unavailable' (it went
   * away), 'closed' (we closed), or the signal's reason. `payload` must not change before it settles, nor afterwards unless the reply says
   * that the request has left.
   */
  request<Request extends MetaMap, Response extends MetaMap>(
    method: Method<Request, Response>,
    meta: Request,
    payload: Uint8Array = NO_BYTES,
    signal?: AbortSignal,
  ): Promise<Reply<Response>> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { maxPayloadBytes } = method.request;
    assert(
      payload.length <= maxPayloadBytes,
      `a ${method.name} of ${payload.length} bytes is over its bound`,
    );
    return this.#exchange(method, encodeMeta(meta), payload, signal).then((answered) =>
      this.#readReply(method, answered),
    );
  }

  /** Ends the stream in good order; what is still outstanding rejects with 'closed'. */
  async close(): Promise<void> {
    if (this.#failure) return;
    const idle = this.#pending.size === 0 && !this.#writer.busy;
    const reason = new VaultError('closed', `the connection to peer ${this.#stream.remote} was closed here`);
    this.#fail(reason);
    if (!idle) return this.#stream.abort(reason);
    const cancel = this.#clock.schedule(CLOSE_GRACE_MS, () => this.#stream.abort(reason));
    void this.#stream.ended.then(cancel);
    await this.#stream.close().catch((error: Error) => this.#stream.abort(error));
  }

  /** Drops the stream; everything outstanding rejects with `error`. */
  abort(error: VaultError): void {
    if (this.#failure) return;
    this.#fail(error);
    this.#stream.abort(error);
  }

  #exchange(
    method: Pending['method'],
    meta: Uint8Array,
    payload: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Answered> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      let hasLeft = (): boolean => false;
      const onAbort = (): void => {
        pending.settle = undefined;
        reject(signal?.reason);
      };
      const finish = (): void => signal?.removeEventListener('abort', onAbort);
      const pending: Pending = {
        method,
        settle: {
          resolve: (frame) => {
            finish();
            resolve({ frame, requestLeft: hasLeft() });
          },
          reject: (error) => {
            finish();
            reject(error);
          },
        },
      };
      if (this.#pending.size === 0) this.#progressMs = this.#heardMs = this.#clock.monotonicMs();
      this.#pending.set(id, pending);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#watchdog.watch(true);
      const head = encodeFrameHead({ kind: FRAME_REQUEST, method: method.number, id }, meta, payload.length);
      this.#writer.send(head, payload, signal).then(
        (leaving) => {
          hasLeft = leaving;
        },
        (error: unknown) => this.#notSent(id, error, signal),
      );
    });
  }

  /** Either the request was aborted before its first byte (no answer will come), or the stream is broken. */
  #notSent(id: number, error: unknown, signal: AbortSignal | undefined): void {
    if (this.#failure) return;
    if (signal?.aborted && error === signal.reason) this.#forget(id);
    else this.abort(gone(this.#stream.remote, error));
  }

  #progressed(): void {
    this.#progressMs = this.#clock.monotonicMs();
    this.#watchdog.moved();
  }

  #forget(id: number): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#watchdog.watch(false);
  }

  #receive(decoder: FrameDecoder, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure) return undefined;
    this.#heardMs = this.#clock.monotonicMs();
    this.#watchdog.moved();
    try {
      return decoder.push(bytes);
    } catch (error) {
      this.abort(broken(this.#stream.remote, error));
      return undefined;
    }
  }

  #admit(head: FrameHead): Admission {
    if (head.kind !== FRAME_ALIVE) this.#progressMs = this.#clock.monotonicMs();
    const error = head.kind === FRAME_ERROR;
    if (head.kind === FRAME_ALIVE || (error && head.id === 0)) {
      checkBounds(head, error ? MAX_ERROR_META_BYTES : 0, 0);
      return 'keep';
    }
    const pending = this.#pending.get(head.id);
    if (!(error || head.kind === FRAME_RESPONSE) || pending?.method.number !== head.method) {
      throw new VaultError('bad-frame', `it answered a request that nobody made (id ${head.id})`);
    }
    if (error) checkBounds(head, MAX_ERROR_META_BYTES, 0);
    else checkBounds(head, pending.method.response.maxMetaBytes, pending.method.response.maxPayloadBytes);
    if (pending.settle) return 'keep';
    this.#forget(head.id);
    return 'skip';
  }

  #deliver(frame: Frame): undefined {
    if (frame.kind === FRAME_ALIVE) return;
    this.#progressMs = this.#clock.monotonicMs();
    if (frame.kind === FRAME_RESPONSE) {
      this.#pending.get(frame.id)?.settle?.resolve(frame);
      this.#forget(frame.id);
      return;
    }
    const error = readErrorMeta(decodeMeta(frame.meta), this.#stream.remote);
    if (frame.id === 0) {
      this.abort(error);
      return;
    }
    this.#pending.get(frame.id)?.settle?.reject(error);
    this.#forget(frame.id);
  }

  #readReply<Response extends MetaMap>(
    method: Method<MetaMap, Response> | Pick<Method<never, Response>, 'response'>,
    { frame, requestLeft }: Answered,
  ): Reply<Response> {
    try {
      return { meta: method.response.read(decodeMeta(frame.meta)), payload: frame.payload, requestLeft };
    } catch (error) {
      const broke = broken(this.#stream.remote, error);
      this.abort(broke);
      throw broke;
    }
  }

  #fail(error: VaultError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#watchdog.watch(false);
    this.#writer.fail(error);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { settle } of pending) settle?.reject(error);
  }
}

function checkBounds(head: FrameHead, maxMetaBytes: number, maxPayloadBytes: number): void {
  if (head.metaBytes <= maxMetaBytes && head.payloadBytes <= maxPayloadBytes) return;
  throw new VaultError(
    'bad-frame',
    `its answer of ${head.metaBytes} + ${head.payloadBytes} bytes exceeds the bounds of method ${head.method}`,
  );
}

function stalled(peer: string, stallMs: number): VaultError {
  return new VaultError('timeout', `peer ${peer} moved no byte for ${stallMs / 1000} s`, { data: { peer } });
}

function gone(peer: string, cause: unknown): VaultError {
  if (isVaultError(cause, 'timeout', 'foreign-mesh')) return cause;
  return new VaultError('unavailable', `the connection to peer ${peer} ended`, { cause, data: { peer } });
}

function broken(peer: string, cause: unknown): VaultError {
  const why = cause instanceof Error ? cause.message : 'it sent bytes that are no frame';
  return new VaultError('bad-frame', `peer ${peer} broke the protocol: ${why}`, { cause, data: { peer } });
}
