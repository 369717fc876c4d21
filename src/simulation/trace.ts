/** One number for a whole run: a running sha256 over everything that happened, in order (S2). */
import { createHash } from 'node:crypto';

/** Lines are hashed in batches: a run has a million of them. */
const BATCH = 16_384;

export class Trace {
  readonly #hash = createHash('sha256');
  #waiting = '';
  #events = 0;

  get events(): number {
    return this.#events;
  }

  note(line: string): void {
    this.#events++;
    this.#waiting += `${line}\n`;
    if (this.#waiting.length > BATCH) this.#flush();
  }

  /** 32 hex characters; the trace goes on afterwards. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest('hex').slice(0, 32);
  }

  #flush(): void {
    this.#hash.update(this.#waiting);
    this.#waiting = '';
  }
}
