/** Background work as an object: every so often, never twice at once, and `runOnce` for tests, so that they never sleep (HOUSE). */
import { VaultError } from '../model/errors.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

export interface LoopOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** From the end of one run to the begin of the next. */
  readonly everyMs: number;
  /** Each wait is this share shorter or longer, so that peers started together do not stay in step. Default 0.1. */
  readonly jitter?: number;
  /** The first run comes after this; a random part of `everyMs` unless said. */
  readonly firstMs?: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Told what a run threw; the loop goes on. */
  readonly onError: (error: unknown) => void;
}

const JITTER = 0.1;

export class Loop {
  readonly #options: LoopOptions;
  readonly #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #started = false;
  #paused = false;
  /** A run was asked for while another one was under way. */
  #queued: Promise<void> | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started || this.#ended) return;
    this.#started = true;
    const { everyMs, random } = this.#options;
    this.#schedule(this.#options.firstMs ?? random.fraction() * everyMs);
  }

  /** No new run begins by itself until `resume`; `runOnce` still runs. */
  pause(): void {
    this.#paused = true;
    this.#cancel();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#started) this.#schedule(this.#waitMs());
  }

  /** The next run begins at once, or right after the one under way. */
  wake(): void {
    if (this.#started && !this.#paused && !this.#ended) void this.runOnce();
  }

  /** Resolves after one whole run that began no earlier than this call. Never rejects: errors go to `onError`. */
  runOnce(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#queued ??= this.#running.then(() => {
      this.#queued = undefined;
      this.#running = this.#run();
      return this.#running;
    });
    return this.#queued;
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.halt();
    await this.#queued;
    await this.#running;
  }

  /** Ends what runs by its signal, without waiting for it. */
  halt(): void {
    this.#cancel();
    if (!this.#ended) this.#ending.abort(new VaultError('closed', 'this work was ended'));
  }

  get #ended(): boolean {
    return this.#ending.signal.aborted;
  }

  async #run(): Promise<void> {
    this.#cancel();
    if (this.#ended) return;
    try {
      await this.#options.run(this.#ending.signal);
    } catch (error) {
      if (!this.#ended) this.#options.onError(error);
    }
    if (this.#started && !this.#paused) this.#schedule(this.#waitMs());
  }

  #waitMs(): number {
    const { everyMs, random, jitter = JITTER } = this.#options;
    return everyMs * (1 + jitter * (2 * random.fraction() - 1));
  }

  #schedule(ms: number): void {
    this.#cancel();
    if (this.#ended || this.#paused) return;
    this.#cancel = this.#options.clock.schedule(ms, () => void this.runOnce());
  }
}
