/** A pair of ByteStreams in memory: in order, delayed, with a window, and merciless to readers that keep a buffer. */
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ByteStream } from './network.ts';

/** One direction of a connection, as the hub shapes it. */
export interface Wire {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that a message of `bytes` takes now; `undefined` while nothing gets through. */
  delayMs(bytes: number): number | undefined;
  /** Called when nothing got through for so long that the connection is given up. */
  giveUp(): void;
}

const WINDOW_BYTES = 256 * 1024;
const SLICE_BYTES = 64 * 1024;
const RETRY_MS = 250;
const GIVE_UP_AFTER_MS = 15_000;

type Item = Uint8Array | 'end';

export class SimulatedStream implements ByteStream {
  readonly remote: PeerName;
  readonly protocol: string;
  readonly ended: Promise<Error | undefined>;
  /** Called once when both directions have ended. */
  onDone: () => void = () => undefined;
  readonly #out: Wire;
  #other: SimulatedStream | undefined;
  #settleEnded: (error: Error | undefined) => void = () => undefined;
  #handler: ((bytes: Uint8Array) => Promise<void> | undefined) | undefined;
  readonly #inbox: Item[] = [];
  #reading = false;
  #failure: Error | undefined;
  #writable = true;
  #inputDone = false;
  /** Sent and not yet handled by the other side. */
  #outstanding = 0;
  #roomWaiters: (() => void)[] = [];
  readonly #queue: Item[] = [];
  readonly #flight: Item[] = [];
  #arrivalMs = 0;
  #stalled = false;
  #stalledMs = 0;

  private constructor(remote: PeerName, protocol: string, out: Wire) {
    this.remote = remote;
    this.protocol = protocol;
    this.#out = out;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  /** The two ends; `there` and `back` carry what the first and the second end send. */
  static pair(
    names: { readonly dialer: PeerName; readonly listener: PeerName },
    protocol: string,
    wires: { readonly there: Wire; readonly back: Wire },
  ): [SimulatedStream, SimulatedStream] {
    const first = new SimulatedStream(names.listener, protocol, wires.there);
    const second = new SimulatedStream(names.dialer, protocol, wires.back);
    first.#other = second;
    second.#other = first;
    return [first, second];
  }

  /** Bytes sent that the other side has not handled yet. */
  get outstandingBytes(): number {
    return this.#outstanding;
  }

  get done(): boolean {
    return this.#failure !== undefined || (!this.#writable && this.#inputDone);
  }

  async send(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      for (let at = 0; at < part.length; ) {
        await this.#room();
        this.#refuseClosed();
        const length = this.#sliceBytes();
        const slice = part.slice(at, at + length);
        at += slice.length;
        this.#outstanding += slice.length;
        this.#enqueue(slice);
      }
    }
    this.#refuseClosed();
    await this.#room();
  }

  receive(handler: (bytes: Uint8Array) => Promise<void> | undefined): void {
    if (this.#handler) throw new VaultError('internal', 'bug: receive() is called once per stream');
    this.#handler = handler;
    queueMicrotask(() => void this.#read());
  }

  async close(): Promise<void> {
    if (!this.#writable || this.#failure) return;
    this.#writable = false;
    this.#enqueue('end');
    if (this.#inputDone) this.onDone();
  }

  abort(reason: Error): void {
    if (this.done) return;
    this.fail(reason);
    const reset = new VaultError('closed', 'the other side dropped the stream');
    const delayMs = this.#out.delayMs(0);
    if (delayMs !== undefined) this.#out.clock.schedule(delayMs, () => this.#other?.fail(reset));
  }

  /** Ends this side alone, at once; what was not read is lost. */
  fail(reason: Error): void {
    if (this.done) return;
    this.#failure = reason;
    this.#writable = false;
    this.#inbox.length = 0;
    this.#queue.length = 0;
    this.#flight.length = 0;
    this.#wake();
    this.#settleEnded(reason);
    this.onDone();
  }

  /** Cuts where it likes, sometimes in tiny bits, so that no reader trusts boundaries. */
  #sliceBytes(): number {
    const most = this.#out.random.fraction() < 0.1 ? 8 : SLICE_BYTES;
    return 1 + Math.floor(this.#out.random.fraction() * most);
  }

  #refuseClosed(): void {
    if (this.#writable) return;
    throw new VaultError('closed', `the stream to ${this.remote} is closed`, { cause: this.#failure });
  }

  async #room(): Promise<void> {
    while (this.#outstanding >= WINDOW_BYTES && this.#writable) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
    if (this.#failure) this.#refuseClosed();
  }

  #wake(): void {
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  #enqueue(item: Item): void {
    this.#queue.push(item);
    if (!this.#stalled) this.#flush();
  }

  /** Puts the queue on the wire; what is on the wire arrives in order, whatever each delay was. */
  #flush(): void {
    const { clock } = this.#out;
    for (let item = this.#queue[0]; item; item = this.#queue[0]) {
      const delayMs = this.#out.delayMs(item === 'end' ? 0 : item.length);
      if (delayMs === undefined) {
        this.#stall();
        return;
      }
      this.#stalledMs = 0;
      this.#queue.shift();
      this.#flight.push(item);
      this.#arrivalMs = Math.max(this.#arrivalMs, clock.monotonicMs() + delayMs);
      clock.schedule(this.#arrivalMs - clock.monotonicMs(), () => this.#arrive());
    }
  }

  #arrive(): void {
    const item = this.#flight.shift();
    if (item) this.#other?.accept(item);
  }

  /** A cut holds data back, a long cut ends the connection. */
  #stall(): void {
    this.#stalled = true;
    this.#out.clock.schedule(RETRY_MS, () => {
      this.#stalled = false;
      this.#stalledMs += RETRY_MS;
      if (this.#stalledMs >= GIVE_UP_AFTER_MS) this.#out.giveUp();
      else this.#flush();
    });
  }

  /** Only for the other end of the pair. */
  accept(item: Item): void {
    if (this.#failure) return;
    this.#inbox.push(item);
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    if (!this.#handler || this.#reading) return;
    this.#reading = true;
    for (let item = this.#inbox.shift(); item; item = this.#inbox.shift()) {
      if (item === 'end') {
        this.#inputDone = true;
        this.#settleEnded(undefined);
        if (!this.#writable) this.onDone();
      } else if (!(await this.#deliver(this.#handler, item))) break;
    }
    this.#reading = false;
  }

  async #deliver(
    handler: (bytes: Uint8Array) => Promise<void> | undefined,
    bytes: Uint8Array,
  ): Promise<boolean> {
    const { length } = bytes;
    try {
      const busy = handler(bytes);
      if (busy) await busy;
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    bytes.fill(0xdd); // who kept the buffer, against the contract, finds rubbish
    const sender = this.#other;
    if (sender) this.#out.clock.schedule(this.#out.delayMs(0) ?? RETRY_MS, () => sender.acknowledged(length));
    return !this.#failure;
  }

  /** Only for the other end of the pair. */
  acknowledged(bytes: number): void {
    this.#outstanding -= bytes;
    if (this.#outstanding < WINDOW_BYTES) this.#wake();
  }
}
