/** Numbers digests in the order they come, in about 44 bytes each instead of a Map's hundreds (T4: memory is bounded). */
import { DIGEST_BYTES, type Digest } from './ids.ts';

const FREE = 0;
const MAX_LOAD = 0.7;

/** Digests are uniformly distributed already, so their first bytes serve as the hash; open addressing, no removal. */
export class DigestTable {
  #digests = new Uint8Array(DIGEST_BYTES * 2048);
  #slots = new Uint32Array(2048);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The digest's number, given out in order from 0; the same digest keeps its number. */
  add(digest: Digest): number {
    if (this.#size + 1 > this.#slots.length * MAX_LOAD) this.#grow();
    const slot = this.#slotOf(digest);
    const taken = this.#slots[slot] ?? FREE;
    if (taken !== FREE) return taken - 1;
    this.#slots[slot] = this.#size + 1;
    this.#digests.set(digest, this.#size * DIGEST_BYTES);
    return this.#size++;
  }

  /** The digest's number, or `undefined` when it was never added. */
  numberOf(digest: Digest): number | undefined {
    const taken = this.#slots[this.#slotOf(digest)] ?? FREE;
    return taken === FREE ? undefined : taken - 1;
  }

  /** The digest with this number; a view that must not be changed. */
  at(number: number): Digest {
    return this.#digests.subarray(number * DIGEST_BYTES, (number + 1) * DIGEST_BYTES);
  }

  /** The slot where the digest is, or the free one where it would go. */
  #slotOf(digest: Digest): number {
    const mask = this.#slots.length - 1;
    const [a = 0, b = 0, c = 0, d = 0] = digest.subarray(4, 8);
    let slot = ((a << 24) | (b << 16) | (c << 8) | d) & mask;
    for (;;) {
      const taken = this.#slots[slot] ?? FREE;
      if (taken === FREE || Buffer.compare(this.at(taken - 1), digest) === 0) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const digests = new Uint8Array(this.#digests.length * 2);
    digests.set(this.#digests);
    this.#digests = digests;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#size; number++) {
      this.#slots[this.#slotOf(this.at(number))] = number + 1;
    }
  }
}
