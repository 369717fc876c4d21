/** A thread that does jobs in the order in which they are asked, and ends between two of them, never within one. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { VaultError } from '../model/errors.ts';

/** What the program of a thread is started with. */
export interface ThreadStart<Start> {
  readonly start: Start;
  /** One number, 1 when what is still asked shall not be done any more. */
  readonly ending: Int32Array;
}

/** The message behind which no other comes. */
export const LAST_MESSAGE = null;

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** What is asked, without its number. */
type Wish<Ask> = Ask extends { readonly job: number } ? Omit<Ask, 'job'> : never;

export interface JobThreadOptions {
  /** Its own file without the ending: `./crew-worker` beside `base`, a program that calls `serveJobs`. */
  readonly program: string;
  readonly base: string;
  readonly start: unknown;
  /** What it works for, as people read it: `backup`. */
  readonly work: string;
  readonly worker?: WorkerOptions;
}

/** Holds the process only while a job is open. */
export class JobThread<Ask extends object, Answer extends { readonly job: number }> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  readonly #ending = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #exited: Promise<void>;
  readonly #work: string;
  #jobs = 0;
  #ended: VaultError | undefined;

  constructor({ program, base, start, work, worker }: JobThreadOptions) {
    this.#work = work;
    const file = new URL(`${program}${base.endsWith('.ts') ? '.ts' : '.js'}`, base);
    const workerData: ThreadStart<unknown> = { start, ending: this.#ending };
    this.#worker = new Worker(file, { ...worker, workerData });
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (cause: unknown) => {
      this.#stop(new VaultError('internal', `bug: a thread of the ${work} failed`, { cause }));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#stop(this.#over());
        resolve();
      });
    });
    this.#worker.unref();
  }

  /** Jobs that are asked and not answered. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Fails with `closed` after `end`, and with `internal` when the thread died of a bug. */
  ask(wish: Wish<Ask>, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const job = ++this.#jobs;
      this.#waiting.set(job, { resolve, reject });
      if (this.#waiting.size === 1) this.#worker.ref();
      this.#worker.postMessage({ ...wish, job }, [...transfer]);
    });
  }

  /**
   * Resolves when the thread is gone: after the job that it is at, without those behind it. It is never terminated: a native module that
   * is called at that moment (to load a library, to read extended attributes) would end the whole process.
   */
  async end(): Promise<void> {
    this.#stop(this.#over());
    Atomics.store(this.#ending, 0, 1);
    this.#worker.ref();
    this.#worker.postMessage(LAST_MESSAGE);
    await this.#exited;
  }

  #over(): VaultError {
    return new VaultError('closed', `the ${this.#work} has ended`);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.job);
    this.#waiting.delete(answer.job);
    if (this.#waiting.size === 0 && !this.#ended) this.#worker.unref();
    waiting?.resolve(answer);
  }

  #stop(reason: VaultError): void {
    this.#ended ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    this.#worker.unref();
  }
}
