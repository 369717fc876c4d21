/** A few slabs of shared memory, taken in turn: what bounds the memory of large files that are read faster than they are sent (T4). */
import { Slab } from '../chunker/slab.ts';
import { MiB } from '../model/units.ts';

/** Twice the largest piece, so that little is copied from one slab to the next. */
const SLAB_BYTES: number = 8 * MiB;
const SLABS = 3;

/** A slab in use; free again when everybody who holds it has let go. */
export class HeldSlab {
  readonly slab: Slab;
  readonly #onFree: (slab: Slab) => void;
  #holders = 1;

  constructor(slab: Slab, onFree: (slab: Slab) => void) {
    this.slab = slab;
    this.#onFree = onFree;
  }

  hold(): void {
    this.#holders += 1;
  }

  letGo(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#onFree(this.slab);
  }
}

export class SlabPool {
  readonly #slabBytes: number;
  readonly #free: Slab[] = [];
  #made = 0;
  readonly #waiting: ((slab: Slab) => void)[] = [];

  constructor(slabBytes: number = SLAB_BYTES) {
    this.#slabBytes = slabBytes;
  }

  /** Waits until one is free. */
  async take(): Promise<HeldSlab> {
    const slab = this.#free.pop() ?? (await this.#another());
    return new HeldSlab(slab, (done) => this.#giveBack(done));
  }

  #another(): Slab | Promise<Slab> {
    if (this.#made < SLABS) {
      this.#made += 1;
      return new Slab(this.#slabBytes);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #giveBack(slab: Slab): void {
    const next = this.#waiting.shift();
    if (next) next(slab);
    else this.#free.push(slab);
  }
}
