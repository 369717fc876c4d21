/** One at a time per key, in order of arrival; different keys run side by side. */

export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` after all earlier work of the same key has ended, well or badly. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise: tail, resolve: leave } = Promise.withResolvers<void>();
    this.#tails.set(key, tail);
    try {
      if (before) await before;
      return await work();
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
      leave();
    }
  }
}
