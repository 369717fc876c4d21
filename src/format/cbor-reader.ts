/** Reads one DAG-CBOR value in one pass, strictly and bounded: what is not the one encoding of a plain value is refused (C6, C7). */
import { isUtf8 } from 'node:buffer';

/** Our deepest value has five levels; a nest of 100,000 arrays must not go on for ever. */
const MAX_DEPTH = 12;
/** Texts up to this long are put together letter by letter, which costs less than asking for a string. */
const SHORT_TEXT = 16;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 } as const;
const SIMPLE: readonly (boolean | null)[] = [false, true, null];
/** Of simple values, the number of `false`. */
const FIRST_SIMPLE = 20;
const TWO_32: number = 2 ** 32;

/** The value that `bytes` are; byte strings are copies. Throws what `fault` makes of a reason. */
export function readCbor(bytes: Uint8Array, fault: (why: string) => Error): unknown {
  const { buffer, byteOffset, byteLength } = bytes;
  // A Buffer would give views where copies are promised.
  const reader = new CborReader(new Uint8Array(buffer, byteOffset, byteLength), fault);
  const value = reader.value(0);
  reader.end();
  return value;
}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #fault: (why: string) => Error;
  #at = 0;
  /** Additional information of the last head. */
  #minor = 0;
  /** Beyond 2^53 only an approximation. */
  #argument = 0;

  constructor(bytes: Uint8Array, fault: (why: string) => Error) {
    this.#bytes = bytes;
    this.#fault = fault;
  }

  value(depth: number): unknown {
    const major = this.#head();
    switch (major) {
      case MAJOR.unsigned:
        return this.#argument <= Number.MAX_SAFE_INTEGER ? this.#argument : this.#wide();
      case MAJOR.negative:
        return this.#argument < Number.MAX_SAFE_INTEGER ? -1 - this.#argument : -1n - this.#wide();
      case MAJOR.bytes: {
        const start = this.#skip();
        return this.#bytes.slice(start, this.#at);
      }
      case MAJOR.text:
        return this.#text();
      case MAJOR.array:
        return this.#array(depth);
      case MAJOR.map:
        return this.#map(depth);
      default:
        return this.#simple(major);
    }
  }

  end(): void {
    const more = this.#bytes.length - this.#at;
    if (more !== 0) throw this.#fault(`${more} bytes too many`);
  }

  /** Reads a head; its major type. */
  #head(): number {
    const first = this.#byte();
    const minor = first & 31;
    this.#minor = minor;
    if (minor < 24) this.#argument = minor;
    else this.#following(minor, first >>> 5);
    return first >>> 5;
  }

  #following(minor: number, major: number): void {
    if (minor > 27) throw this.#fault('indefinite or reserved length');
    if (major >= 6) throw this.#strange();
    let value = this.#byte();
    let least = 24;
    if (minor === 25) {
      value = value * 256 + this.#byte();
      least = 0x100;
    } else if (minor > 25) {
      value = this.#word(value);
      least = 0x1_0000;
      if (minor === 27) {
        value = value * TWO_32 + this.#word(this.#byte());
        least = TWO_32;
      }
    }
    if (value < least) throw this.#fault('a number in more bytes than it needs');
    this.#argument = value;
  }

  /** Four bytes, the first of which was read. */
  #word(first: number): number {
    return ((first * 256 + this.#byte()) * 256 + this.#byte()) * 256 + this.#byte();
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw this.#fault('it ends too early');
    return byte;
  }

  /** The eight bytes of the last head, exactly. */
  #wide(): bigint {
    const { buffer, byteOffset } = this.#bytes;
    return new DataView(buffer, byteOffset).getBigUint64(this.#at - 8);
  }

  /** Goes behind what the last head says follows; where that begins. */
  #skip(): number {
    const start = this.#at;
    if (this.#argument > this.#bytes.length - start) throw this.#fault('it ends too early');
    this.#at = start + this.#argument;
    return start;
  }

  #text(): string {
    const start = this.#skip();
    const bytes = this.#bytes;
    if (this.#at - start <= SHORT_TEXT) {
      let text = '';
      for (let at = start; at < this.#at; at++) {
        const byte = bytes[at] as number;
        if (byte >= 0x80) return this.#longText(start);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return this.#longText(start);
  }

  #longText(start: number): string {
    const { buffer, byteOffset } = this.#bytes;
    const view = Buffer.from(buffer, byteOffset + start, this.#at - start);
    if (!isUtf8(view)) throw this.#fault('text that is not UTF-8');
    return view.toString('utf8');
  }

  /** Checks that so many items can follow, and that this is not too deep. */
  #open(items: number, depth: number): void {
    if (items > this.#bytes.length - this.#at) throw this.#fault('it ends too early');
    if (depth >= MAX_DEPTH) throw this.#fault('nested too deep');
  }

  #array(depth: number): unknown[] {
    const length = this.#argument;
    this.#open(length, depth);
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return items;
  }

  #map(depth: number): Record<string, unknown> {
    const length = this.#argument;
    this.#open(2 * length, depth);
    const map: Record<string, unknown> = {};
    for (let i = 0, last = -1, lastEnd = 0; i < length; i++) {
      if (this.#head() !== MAJOR.text) throw this.#fault('a map key is not text');
      const start = this.#at;
      const key = this.#text();
      if (i > 0 && !this.#ascends(last, lastEnd, start)) throw this.#fault('map keys out of order');
      last = start;
      lastEnd = this.#at;
      const value = this.value(depth + 1);
      if (key !== '__proto__') map[key] = value;
      else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    }
    return map;
  }

  /** Does the key that ends here come after the one before: a longer one, or the same length and later in order? */
  #ascends(before: number, beforeEnd: number, start: number): boolean {
    const length = this.#at - start;
    if (length !== beforeEnd - before) return length > beforeEnd - before;
    for (let i = 0; i < length; i++) {
      const difference = (this.#bytes[start + i] as number) - (this.#bytes[before + i] as number);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  #simple(major: number): boolean | null {
    const value = SIMPLE[this.#minor - FIRST_SIMPLE];
    if (major !== 7 || value === undefined) throw this.#strange();
    return value;
  }

  #strange(): Error {
    return this.#fault('a type that this format does not use');
  }
}
