/** Cuts a stream of bytes by its content: an insertion moves only the cuts near it, and who lacks the key cannot foresee them (C2). */
import type { ChunkSizes, CutRule } from './chunk-sizes.ts';
import { cutRule, DEFAULT_SIZES, WINDOW_BYTES } from './chunk-sizes.ts';
import type { Slab } from './slab.ts';

/** The gear hash is 32 bits wide and forgets one bit a byte. */
const GEAR_BYTES = 32;

/** A piece, from `start` to before `end` in the bytes of the slab it was cut in. */
export interface Cut {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds candidates with a gear hash and asks `decide`, a keyed function of the 64 bytes before the place, for a number
 * below 2^32: small enough means cut. The cuts depend on the bytes and the key alone, never on how the input was split.
 * Fill `room()` and `take` what was read, `moveTo` another slab when there is no room, and `finish`.
 */
export class Chunker {
  readonly #decide: (window: Uint8Array) => number;
  readonly #sizes: ChunkSizes;
  readonly #rule: CutRule;
  #slab: Slab;
  /** The open piece is what lies from #start to #end. */
  #start: number;
  #end: number;
  /** Next byte to hash, from #start, and where candidates count again; the hash of the bytes before. */
  #next = 0;
  #eligible = 0;
  #hash = 0;

  /** `decide` must be pure; its argument is a view that is only valid during the call. A slab holds the largest piece and more. */
  constructor(slab: Slab, decide: (window: Uint8Array) => number, sizes: ChunkSizes = DEFAULT_SIZES) {
    this.#decide = decide;
    this.#sizes = sizes;
    this.#rule = cutRule(sizes);
    this.#slab = slab;
    this.#start = slab.first;
    this.#end = slab.first;
    this.#restart(sizes.min);
  }

  /** Where the next bytes go; empty when the slab is full. */
  room(): Uint8Array<SharedArrayBuffer> {
    return this.#slab.bytes.subarray(this.#end);
  }

  /** `length` bytes of the room were filled; the pieces that are complete now. */
  take(length: number): Cut[] {
    this.#end += length;
    const cuts: Cut[] = [];
    for (let piece = this.#scan(); piece > 0; piece = this.#scan()) {
      cuts.push({ start: this.#start, end: this.#start + piece });
      this.#start += piece;
      this.#restart(this.#sizes.min);
    }
    return cuts;
  }

  /** Goes on in another slab, to whose start the open piece is copied. */
  moveTo(slab: Slab): void {
    slab.bytes.set(this.#slab.bytes.subarray(this.#start, this.#end), slab.first);
    this.#end = slab.first + this.#end - this.#start;
    this.#start = slab.first;
    this.#slab = slab;
  }

  /** The last piece, or `undefined` when nothing is left; what is taken next begins another stream, behind it. */
  finish(): Cut | undefined {
    const last = { start: this.#start, end: this.#end };
    this.#start = this.#end;
    this.#restart(this.#sizes.min);
    return last.end > last.start ? last : undefined;
  }

  /** The next candidate is a piece of at least `eligible` bytes; hashing starts 32 bytes before it. */
  #restart(eligible: number): void {
    this.#eligible = eligible;
    this.#next = eligible - GEAR_BYTES;
    this.#hash = 0;
  }

  /** Length of the piece that is complete, or 0 when more bytes are needed. */
  #scan(): number {
    const { max } = this.#sizes;
    const { turn, before, after, spacing } = this.#rule;
    const length = Math.min(this.#end - this.#start, max);
    for (;;) {
      const found = this.#hashUntil(length);
      if (found === 0) return length === max ? max : 0;
      const place = this.#start + found;
      const decision = this.#decide(this.#slab.bytes.subarray(place - WINDOW_BYTES, place));
      if (decision < (found < turn ? before : after)) return found;
      this.#restart(found + spacing);
    }
  }

  /** Hashes on until a candidate; returns the piece's length there, or 0 when `length` bytes are used up. */
  #hashUntil(length: number): number {
    const { gear } = this.#slab;
    const start = this.#start;
    const warm = Math.min(this.#eligible - 1, length);
    if (this.#next < warm) {
      this.#hash = gear.warm(start + this.#next, start + warm, this.#hash);
      this.#next = warm;
    }
    if (this.#next >= length) return 0;
    const found = gear.scan(start + this.#next, start + length, this.#hash, this.#rule.mask);
    this.#hash = gear.hash();
    this.#next = found === 0 ? length : found - start;
    return found === 0 ? 0 : this.#next;
  }
}
