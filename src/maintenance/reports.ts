/** What people should know of, said once: a fork does not become more interesting by being found every minute. */

/** Beyond this many different reports the oldest are forgotten, and may be said again. */
const KEPT = 1000;

export class Reports {
  readonly #said = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #say: (message: string) => void;

  constructor(say: (message: string) => void) {
    this.#say = say;
  }

  /** `about` is what it is counted for, `key` what makes it the same report. */
  once(about: string, key: string, message: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#counts.set(about, this.count(about) + 1);
    for (const oldest of this.#said) {
      if (this.#said.size <= KEPT) break;
      this.#said.delete(oldest);
    }
    this.#say(message);
  }

  count(about: string): number {
    return this.#counts.get(about) ?? 0;
  }
}
