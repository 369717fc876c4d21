/** Cuts a stream of bytes by its content: an insertion moves only the cuts near it, and who lacks the key cannot foresee them (C2). */
import type { ChunkSizes, CutRule } from './chunk-sizes.ts';
import { cutRule, DEFAULT_SIZES, WINDOW_BYTES } from './chunk-sizes.ts';
import { GEAR_TABLE } from './gear-table.ts';

/** The gear hash is 32 bits wide and forgets one bit a byte. */
const GEAR_BYTES = 32;

/**
 * Finds candidates with a gear hash and asks `decide`, a keyed function of the 64 bytes before the place, for a number
 * below 2^32: small enough means cut. The cuts depend on the bytes and the key alone, never on how the input was
 * split. Holds at most 1.25 times the largest piece.
 */
export class Chunker {
  readonly #decide: (window: Uint8Array) => number;
  readonly #sizes: ChunkSizes;
  readonly #rule: CutRule;
  readonly #capacity: number;
  #buffer: Uint8Array = new Uint8Array(0);
  /** The open piece is #buffer[#start, #end). */
  #start = 0;
  #end = 0;
  /** Next byte to hash, from #start, and where candidates count again; the hash of the bytes before. */
  #next: number;
  #eligible: number;
  #hash = 0;

  /** `decide` must be pure; its argument is a view that is only valid during the call. */
  constructor(decide: (window: Uint8Array) => number, sizes: ChunkSizes = DEFAULT_SIZES) {
    this.#decide = decide;
    this.#sizes = sizes;
    this.#rule = cutRule(sizes);
    this.#capacity = sizes.max + Math.ceil(sizes.max / 4);
    this.#next = 0;
    this.#eligible = 0;
    this.#restart(sizes.min);
  }

  /** Takes bytes (and copies them); returns the pieces that are complete now, each with memory of its own. */
  push(bytes: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      at += this.#take(bytes, at);
      for (let cut = this.#scan(); cut > 0; cut = this.#scan()) pieces.push(this.#cut(cut));
    }
    return pieces;
  }

  /** The last piece, or `undefined` when nothing is left; the chunker is as new afterwards. */
  finish(): Uint8Array | undefined {
    const left = this.#end - this.#start;
    const last = left > 0 ? this.#buffer.slice(this.#start, this.#end) : undefined;
    this.#start = 0;
    this.#end = 0;
    this.#restart(this.#sizes.min);
    return last;
  }

  /** Copies as much as there is room for; returns how much. */
  #take(bytes: Uint8Array, at: number): number {
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(this.#capacity);
    if (this.#end === this.#capacity) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    const length = Math.min(bytes.length - at, this.#capacity - this.#end);
    this.#buffer.set(bytes.subarray(at, at + length), this.#end);
    this.#end += length;
    return length;
  }

  #cut(length: number): Uint8Array {
    const piece = this.#buffer.slice(this.#start, this.#start + length);
    this.#start += length;
    this.#restart(this.#sizes.min);
    return piece;
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
      const decision = this.#decide(this.#buffer.subarray(place - WINDOW_BYTES, place));
      if (decision < (found < turn ? before : after)) return found;
      this.#restart(found + spacing);
    }
  }

  /** Hashes on until a candidate; returns the piece's length there, or 0 when `length` bytes are used up. */
  #hashUntil(length: number): number {
    const buffer = this.#buffer;
    const mask = this.#rule.mask;
    const end = this.#start + length;
    const eligible = this.#start + this.#eligible;
    let at = this.#start + this.#next;
    let hash = this.#hash;
    for (const warm = Math.min(eligible - 1, end); at < warm; at++) {
      hash = ((hash << 1) + (GEAR_TABLE[buffer[at] as number] as number)) | 0;
    }
    while (at < end) {
      hash = ((hash << 1) + (GEAR_TABLE[buffer[at++] as number] as number)) | 0;
      if ((hash & mask) === 0) {
        this.#next = at - this.#start;
        return at - this.#start;
      }
    }
    this.#next = at - this.#start;
    this.#hash = hash;
    return 0;
  }
}
