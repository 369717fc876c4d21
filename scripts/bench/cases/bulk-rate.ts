/** How fast the bulk of a transfer went, without its beginning and its end: from a tenth to nine tenths of its bytes. */
import type { Command } from '../measure.ts';

const FROM = 0.1;
const TO = 0.9;

interface Mark {
  readonly ms: number;
  readonly bytes: number;
}

export class BulkRate implements Pick<Command, 'onProgress'> {
  readonly #moved: () => number;
  readonly #bytes: number;
  readonly #before: number;
  #first: Mark | undefined;
  #last: Mark | undefined;

  /** `moved` counts what went over the link; `bytes` will. */
  constructor(moved: () => number, bytes: number) {
    this.#moved = moved;
    this.#bytes = bytes;
    this.#before = moved();
  }

  readonly onProgress = (): void => {
    const mark = { ms: performance.now(), bytes: this.#moved() - this.#before };
    const share = mark.bytes / this.#bytes;
    if (share >= FROM && share <= TO) {
      this.#first ??= mark;
      this.#last = mark;
    }
  };

  /** Of a rate in bits per second; 0 when there was too little to see. */
  share(bitsPerSecond: number): number {
    const [first, last] = [this.#first, this.#last];
    if (!first || !last || last.ms === first.ms) return 0;
    return ((last.bytes - first.bytes) * 8 * 1000) / (last.ms - first.ms) / bitsPerSecond;
  }
}
