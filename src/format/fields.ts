/** Typed, bounded access to the fields of a decoded map: every read states its type and limit, and none goes unread (C7). */
import { VaultError } from '../model/errors.ts';
import { damaged } from './cbor.ts';

const MAX_U32 = 0xffff_ffff;
const CONTROL = /\p{Cc}/u;

export class Fields {
  readonly what: string;
  readonly #values: Readonly<Record<string, unknown>>;
  #read = 0;

  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      throw damaged(what, 'not a map');
    }
    this.what = what;
    this.#values = value as Readonly<Record<string, unknown>>;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  /** Refuses other versions than these in field "v", before any other field is looked at; returns which it is. */
  version(...versions: readonly number[]): number {
    const found = this.integer('v', 0, MAX_U32);
    if (versions.includes(found)) return found;
    throw new VaultError(
      'unsupported-version',
      `this ${this.what} has version ${found}; this program reads ${versions.join(' and ')}`,
      {
        hint: 'Update this program, or ask the owner of the other one to.',
      },
    );
  }

  integer(key: string, min: number, max: number): number {
    const value = this.#take(key);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.wrong(key);
    }
    return value;
  }

  /** An unsigned integer of up to 64 bits. */
  wide(key: string): bigint {
    const value = this.#take(key);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
    throw this.wrong(key);
  }

  flag(key: string): boolean {
    const value = this.#take(key);
    if (typeof value !== 'boolean') throw this.wrong(key);
    return value;
  }

  bytes(key: string, minLength: number, maxLength: number = minLength): Uint8Array {
    const value = this.#take(key);
    if (!(value instanceof Uint8Array) || value.length < minLength || value.length > maxLength) {
      throw this.wrong(key);
    }
    return value;
  }

  /** Concatenated items of `size` bytes each, as views. */
  packed(key: string, size: number, maxItems: number): Uint8Array[] {
    const bytes = this.bytes(key, 0, size * maxItems);
    if (bytes.length % size !== 0) throw this.wrong(key);
    return Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  }

  text(key: string, maxLength: number): string {
    const value = this.#take(key);
    if (typeof value !== 'string' || value.length > maxLength) throw this.wrong(key);
    return value;
  }

  /** Text from strangers that may be printed: not empty, no control characters. */
  line(key: string, maxLength: number): string {
    const value = this.text(key, maxLength);
    if (value.length === 0 || CONTROL.test(value)) throw this.wrong(key);
    return value;
  }

  list(key: string, maxItems: number): readonly unknown[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length > maxItems) throw this.wrong(key);
    return value;
  }

  map(key: string): Fields {
    return new Fields(this.#take(key), `${this.what}, field "${key}"`);
  }

  /** Reads a field that version 1 reserves and does not use. */
  skip(key: string): void {
    if (this.has(key)) this.#read++;
  }

  /** Call last: refuses fields that nobody asked for. */
  end(): void {
    const known = this.#read;
    if (Object.keys(this.#values).length !== known) throw damaged(this.what, 'it has unknown fields');
  }

  wrong(key: string): VaultError {
    return damaged(
      this.what,
      this.has(key) ? `field "${key}" is out of bounds` : `field "${key}" is missing`,
    );
  }

  #take(key: string): unknown {
    if (!this.has(key)) throw this.wrong(key);
    this.#read++;
    return this.#values[key];
  }
}
