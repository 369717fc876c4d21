/** The answering side of one stream: bounded in bytes and requests, deaf to hostile frames, no danger to other streams (T1, T4). */
import { isVaultError, VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { KiB, MiB } from '../model/units.ts';
import type { ByteStream } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ByteGate } from '../runtime/limiter.ts';
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
import type { Handler, Run, Session } from './handler.ts';
import { decodeMeta, encodeMeta } from './meta.ts';
import { StreamBudget } from './stream-budget.ts';
import { Watchdog } from './watchdog.ts';
import { errorMeta } from './wire-errors.ts';

export interface ServerLimits {
  /** Bytes of requests and reserved answers of one stream. */
  readonly streamBytes: number;
  readonly streamRequests: number;
  /** How long a frame may stand half received, or an answer half sent, without a byte moving. */
  readonly stallMs: number;
  /** How often a sender is told that its bytes arrive while nothing else is answered. */
  readonly aliveMs: number;
}

export interface ServerOptions {
  readonly handlers: ReadonlyMap<number, Handler>;
  readonly clock: Clock;
  /** Shared by all streams of the process. */
  readonly gate: ByteGate;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Told of each well-formed request before it is answered: whoever asks is alive (R1). */
  readonly onRequest?: ((remote: PeerName) => void) | undefined;
  /** Told why a stream was dropped, and of faults that its owner is not told. */
  readonly log?: ((message: string) => void) | undefined;
}

const DEFAULT_LIMITS: ServerLimits = {
  streamBytes: 16 * MiB,
  streamRequests: 64,
  stallMs: 30_000,
  aliveMs: 2_500,
};
/** What a request costs besides its bytes. */
const OVERHEAD_BYTES = 2 * KiB;
/** How long a slow method may take before its asker, told nothing more, gives up. */
const SLOW_MS = 120_000;
/** How long a refused peer has to read why. */
const REFUSAL_GRACE_MS = 1000;
const NO_BYTES = new Uint8Array(0);

type Reply = Pick<FrameHead, 'kind' | 'method' | 'id'>;

/** Serves one stream until it ends; resolves when nothing of it is left in memory. Never rejects. */
export function serveStream(stream: ByteStream, options: ServerOptions): Promise<void> {
  return new StreamServer(stream, options).run();
}

class StreamServer {
  readonly #stream: ByteStream;
  readonly #options: ServerOptions;
  readonly #limits: ServerLimits;
  readonly #writer: FrameWriter;
  readonly #watchdog: Watchdog;
  readonly #decoder: FrameDecoder;
  readonly #budget: StreamBudget;
  readonly #aborter = new AbortController();
  readonly #session: Session;
  #receiving: Promise<void> | undefined;
  #waitsForBudget = false;
  #release: (() => void) | undefined;
  #lastId = 0;
  #lastSentMs: number;
  /** True once the stream is given up: nothing more is read or answered. */
  #over = false;

  constructor(stream: ByteStream, options: ServerOptions) {
    const { clock, gate } = options;
    const signal = this.#aborter.signal;
    this.#stream = stream;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#session = { remote: stream.remote, signal, authorised: undefined };
    const { streamBytes: maxBytes, streamRequests: maxRequests, stallMs: idleMs } = this.#limits;
    this.#budget = new StreamBudget({ maxBytes, maxRequests, gate, clock, signal });
    this.#watchdog = new Watchdog({ clock, idleMs, onStall: () => this.#drop(stalled()) });
    this.#writer = new FrameWriter(stream, () => this.#sent());
    this.#lastSentMs = clock.monotonicMs();
    this.#decoder = new FrameDecoder({
      admit: (head) => this.#admit(head),
      deliver: (frame) => this.#deliver(frame),
    });
  }

  async run(): Promise<void> {
    this.#stream.receive((bytes) => this.#receive(bytes));
    const reason = await this.#stream.ended;
    if (reason) this.#drop(reason);
    await this.#receiving;
    if (this.#decoder.midFrame) this.#drop(new VaultError('bad-frame', 'the stream ended inside a frame'));
    this.#release?.();
    // After a clean end the other side still reads: it gets the answers that are due.
    await this.#budget.idle();
    if (!this.#over) await this.#stream.close().catch((error: unknown) => this.#drop(error));
    this.#finish(new VaultError('closed', 'the stream ended'));
  }

  #receive(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#over) return undefined;
    this.#watchdog.moved();
    this.#sayAlive();
    try {
      const pending = this.#decoder.push(bytes);
      this.#watch();
      this.#receiving = pending?.then(
        () => this.#watch(),
        (error: unknown) => this.#refuse(error),
      );
      return this.#receiving;
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  /** Judges a request by its head, then waits until there is room for it and its answer: only then it is allocated. */
  #admit(head: FrameHead): Admission | Promise<Admission> {
    if (head.kind !== FRAME_REQUEST) throw refusal(`a frame of kind ${head.kind} is no request`);
    if (head.id <= this.#lastId) throw refusal(`request id ${head.id} does not follow ${this.#lastId}`);
    this.#lastId = head.id;
    const method = this.#options.handlers.get(head.method)?.method;
    if (!method) throw refusal(`there is no method ${head.method} on ${this.#stream.protocol}`);
    const { request, response, name } = method;
    if (head.metaBytes > request.maxMetaBytes || head.payloadBytes > request.maxPayloadBytes) {
      throw refusal(`a ${name} of ${head.metaBytes} + ${head.payloadBytes} bytes exceeds its bounds`);
    }
    if (method.needsHello && !this.#session.authorised) {
      throw new VaultError('denied', `${name} needs the hello of a device of the vault first`);
    }
    const answerBytes = response.maxMetaBytes + response.maxPayloadBytes;
    const bytes = head.metaBytes + head.payloadBytes + answerBytes + OVERHEAD_BYTES;
    this.#release = this.#budget.tryTake(method, bytes);
    return this.#release ? 'keep' : this.#reserve(method, bytes);
  }

  async #reserve(method: Handler['method'], bytes: number): Promise<Admission> {
    this.#waitsForBudget = true;
    this.#watch();
    const cancel = this.#sayAliveWhileWaiting(this.#limits.stallMs);
    this.#release = await this.#budget.take(method, bytes).finally(cancel);
    this.#waitsForBudget = false;
    // From here on the sender owes us the rest of the frame.
    this.#watchdog.moved();
    this.#watch();
    return 'keep';
  }

  #deliver(frame: Frame): Promise<void> | undefined {
    const handler = this.#options.handlers.get(frame.method);
    if (!handler) return undefined;
    const run = handler.prepare(decodeMeta(frame.meta));
    this.#options.onRequest?.(this.#session.remote);
    const release = this.#release;
    this.#release = undefined;
    const cancel = handler.method.slow ? this.#sayAliveWhileWaiting(SLOW_MS) : undefined;
    const answered = this.#answer(frame, run).finally(() => {
      cancel?.();
      release?.();
    });
    return handler.method.ordered ? answered : undefined;
  }

  /** Runs a request and sends its answer. Never rejects. */
  async #answer(frame: Frame, run: Run): Promise<void> {
    const { method, id } = frame;
    try {
      const { meta, payload } = await run(frame.payload, this.#session);
      await this.#send({ kind: FRAME_RESPONSE, method, id }, encodeMeta(meta), payload ?? NO_BYTES);
    } catch (error) {
      this.#logFault(`method ${method} asked by ${this.#session.remote}`, error);
      await this.#send({ kind: FRAME_ERROR, method, id }, encodeMeta(errorMeta(error)), NO_BYTES);
    }
  }

  /** Sends one frame unless the stream is over; a stream that takes no more is dropped. Never rejects. */
  async #send(reply: Reply, meta: Uint8Array, payload: Uint8Array): Promise<void> {
    if (this.#over) return;
    try {
      const sent = this.#writer.send(encodeFrameHead(reply, meta, payload.length), payload);
      this.#watch();
      await sent;
      this.#watch();
    } catch (error) {
      this.#drop(error);
    }
  }

  /** Lets a slow sender know that its bytes arrive, also while no answer is due. */
  #sayAlive(): void {
    const idleMs = this.#options.clock.monotonicMs() - this.#lastSentMs;
    if (idleMs < this.#limits.aliveMs || this.#writer.busy) return;
    this.#lastSentMs += idleMs;
    void this.#send({ kind: FRAME_ALIVE, method: 0, id: 0 }, NO_BYTES, NO_BYTES);
  }

  /** Busy with others is not dead, for a while: a disk that hangs must not look alive for ever. */
  #sayAliveWhileWaiting(leftMs: number): () => void {
    const { aliveMs } = this.#limits;
    let cancel = this.#options.clock.schedule(aliveMs, () => {
      this.#sayAlive();
      if (leftMs > aliveMs) cancel = this.#sayAliveWhileWaiting(leftMs - aliveMs);
    });
    return () => cancel();
  }

  #sent(): void {
    this.#lastSentMs = this.#options.clock.monotonicMs();
    this.#watchdog.moved();
  }

  /** A stream may rest between frames for ever, but not inside one; what waits for our own budget does not count. */
  #watch(): void {
    const owesBytes = this.#decoder.midFrame && !this.#waitsForBudget;
    this.#watchdog.watch(!this.#over && (owesBytes || this.#writer.busy));
  }

  /** The other side broke the protocol: it is told why, as an error of request 0, and the stream ends. */
  #refuse(error: unknown): void {
    if (this.#over) return;
    const why = encodeMeta(errorMeta(error));
    const told = this.#send({ kind: FRAME_ERROR, method: 0, id: 0 }, why, NO_BYTES);
    this.#finish(error);
    const cancel = this.#options.clock.schedule(REFUSAL_GRACE_MS, () => this.#stream.abort(asError(error)));
    void this.#stream.ended.then(cancel);
    void told
      .then(() => this.#stream.close())
      .catch((failure: unknown) => this.#stream.abort(asError(failure)));
  }

  #drop(error: unknown): void {
    if (this.#over) return;
    this.#finish(error);
    this.#writer.fail(error);
    this.#stream.abort(asError(error));
  }

  /** Ends all waiting and watching; handlers that are at work learn it by their signal. */
  #finish(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#watchdog.watch(false);
    this.#aborter.abort(reason);
    if (isVaultError(reason, 'closed')) return;
    this.#options.log?.(`dropped a stream of ${this.#session.remote}: ${String(reason)}`);
  }

  #logFault(what: string, error: unknown): void {
    if (isVaultError(error) && error.code !== 'internal' && error.code !== 'io') return;
    this.#options.log?.(`${what} failed: ${String(error)}`);
  }
}

function refusal(why: string): VaultError {
  return new VaultError('bad-frame', why);
}

function stalled(): VaultError {
  return new VaultError('timeout', 'no byte moved for too long in the middle of a frame');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new VaultError('internal', String(error));
}
