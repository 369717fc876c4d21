/** Bounds the bytes that are in flight somewhere (T4); who waits is served in order of arrival. */

interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

/** A semaphore counted in bytes. A request larger than the whole gate is admitted alone, so nothing waits for ever. */
export class ByteGate {
  readonly #maxBytes: number;
  #usedBytes = 0;
  #waiting: Waiter[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** How many wait for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves to the function that gives the bytes back (calling it twice is harmless); rejects with the signal's reason. */
  acquire(bytes: number, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason);
        this.#admit();
      };
      const waiter: Waiter = {
        bytes,
        admit: () => {
          signal?.removeEventListener('abort', onAbort);
          this.#usedBytes += bytes;
          resolve(this.#releaser(bytes));
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
      this.#admit();
    });
  }

  /** The same at once, or `undefined` when it has to wait. */
  tryAcquire(bytes: number): (() => void) | undefined {
    const full = this.#usedBytes > 0 && this.#usedBytes + bytes > this.#maxBytes;
    if (full || this.#waiting.length > 0) return undefined;
    this.#usedBytes += bytes;
    return this.#releaser(bytes);
  }

  #releaser(bytes: number): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#usedBytes -= bytes;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#usedBytes > 0 && this.#usedBytes + next.bytes > this.#maxBytes) return;
      this.#waiting.shift();
      next.admit();
    }
  }
}
